using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Host.Telemetry;
using Xunit;

namespace Rag.Tests.Traces;

public class EcsTests
{
    private static readonly EcsFormatter Formatter = new(new ServiceIdentity("rag-query", ["query"]), new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 10, 0, 0, 123, TimeSpan.Zero)));

    [Fact]
    public void A_line_has_the_fields_of_the_schema_and_what_it_was_filled_with()
    {
        using var span = new Activity("a").SetIdFormat(ActivityIdFormat.W3C).Start();
        var line = Line(LogLevel.Error, new EventId(7, "Failed"), new InvalidOperationException("why"), [new("Method", "POST"), new("RequestId", 5), new("{OriginalFormat}", "…")]);
        Assert.Equal("2026-03-01T10:00:00.123Z", Text(line, "@timestamp"));
        Assert.Equal(("error", "said", "rag-query", "Rag.Some"), (Text(line, "log.level"), Text(line, "message"), Text(line, "service.name"), Text(line, "log.logger")));
        Assert.Equal((span.TraceId.ToHexString(), span.SpanId.ToHexString()), (Text(line, "trace.id"), Text(line, "span.id")));
        Assert.Equal(("Failed", "failure", "System.InvalidOperationException", "why"), (Text(line, "event.action"), Text(line, "event.outcome"), Text(line, "error.type"), Text(line, "error.message")));
        Assert.Equal(("POST", "5"), ((string?)line["labels"]!["method"], (string?)line["labels"]!["request_id"]));
        Assert.Equal(2, line["labels"]!.AsObject().Count);
    }

    [Fact]
    public void Every_field_of_the_index_template_and_of_the_saved_searches_is_one_that_is_written()
    {
        using var span = new Activity("a").SetIdFormat(ActivityIdFormat.W3C).Start();
        var written = Line(LogLevel.Error, new EventId(7, "Failed"), new InvalidOperationException("why"), [new("Method", "POST"), new("RequestId", 5)]).Select(field => field.Key).ToHashSet();
        var elk = Path.Combine(AppContext.BaseDirectory, "elk");
        var template = JsonNode.Parse(File.ReadAllText(Path.Combine(elk, "index-template.json")))!;
        Assert.Equal(written.Order(StringComparer.Ordinal), Fields("", template["template"]!["mappings"]!["properties"]!.AsObject()).Order(StringComparer.Ordinal));

        var searches = File.ReadLines(Path.Combine(elk, "kibana.ndjson")).Select(line => JsonNode.Parse(line)!).Where(saved => (string?)saved["type"] == "search").ToList();
        Assert.Equal(4, searches.Count);
        foreach (var search in searches)
        {
            Assert.All(search["attributes"]!["columns"]!.AsArray(), column => Assert.Contains((string)column!, written));
            var source = JsonNode.Parse((string)search["attributes"]!["kibanaSavedObjectMeta"]!["searchSourceJSON"]!)!;
            Assert.Contains(((string)source["query"]!["query"]!).Split(' ')[0], written);
        }
    }

    [Fact]
    public void What_comes_from_no_logger_is_a_line_too()
    {
        var line = JsonNode.Parse(EcsFormatter.Note(new FakeTimeProvider(), "rag-search", "restarting in 0.5 s \"soon\""))!.AsObject();
        Assert.Equal(("rag-search", "restarting in 0.5 s \"soon\"", "info"), (Text(line, "service.name"), Text(line, "message"), Text(line, "log.level")));
    }

    private static IEnumerable<string> Fields(string path, JsonObject properties) => properties.SelectMany(property =>
        property.Value!["properties"] is JsonObject inner ? Fields($"{path}{property.Key}.", inner) : [path + property.Key]);

    private static string? Text(JsonObject line, string field) => (string?)line[field];

    private static JsonObject Line(LogLevel level, EventId id, Exception? error, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        using var text = new StringWriter();
        Formatter.Write(new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(level, "Rag.Some", id, values, error, (_, _) => "said"), null, text);
        return JsonNode.Parse(text.ToString())!.AsObject();
    }
}
