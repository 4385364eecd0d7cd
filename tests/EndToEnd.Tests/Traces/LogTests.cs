using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace EndToEnd.Tests.Traces;

/// <summary>What gets into the log, at its most talkative.</summary>
public class LogTests
{
    private const string Marked = "quagga", AdminKey = "admin-zorilla-admin-zorilla";

    private static readonly Dictionary<string, string> Everything = new()
    {
        ["RAG_LOG"] = "ecs",
        ["RAG_LOGGING__LOGLEVEL__DEFAULT"] = "Trace",
        ["RAG_LOGGING__LOGLEVEL__MICROSOFT"] = "Trace",
        ["RAG_LOGGING__LOGLEVEL__SYSTEM"] = "Trace",
        ["RAG_LOGGING__LOGLEVEL__GRPC"] = "Trace",
        ["RAG_LOGGING__LOGLEVEL__RAG"] = "Trace",
        ["RAG_ADMIN_KEY"] = AdminKey,
    };

    [Theory]
    [InlineData("serve")]
    [InlineData("up")]
    public async Task No_text_and_no_key_is_in_any_line_of_any_level_and_lines_tell_their_trace(string shape)
    {
        await using var system = await TracedSystem.StartAsync(shape, Everything);
        var upload = await system.SendAsync("documents", new JsonObject { ["id"] = "animals", ["title"] = $"Of the {Marked}", ["text"] = $"The {Marked} is extinct since 1883." });
        Assert.Equal(HttpStatusCode.Accepted, upload.Answer.StatusCode);
        await system.SearchableAsync("animals");
        var unreadable = await system.SendAsync("documents", new JsonObject { ["id"] = "broken", ["content_type"] = "text/html", ["text"] = $"<{Marked}" });
        var query = await system.SendAsync("query", new JsonObject { ["query"] = $"When did the {Marked} die out?" });
        Assert.Equal(HttpStatusCode.OK, query.Answer.StatusCode);
        Assert.Contains(Marked, await query.Answer.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
        await system.SendAsync("query", new JsonObject { ["query"] = Marked, ["top_k"] = Marked });
        await system.SendAsync("search", new JsonObject { ["query"] = Marked }, key: "wrong-" + Marked);
        var fault = await system.SendAsync("admin/faults", new JsonObject { ["service"] = "search", ["kind"] = "error", ["for"] = "60s", ["error"] = "overloaded" }, key: AdminKey);
        Assert.Equal(HttpStatusCode.Created, fault.Answer.StatusCode);
        await system.SendAsync("query", new JsonObject { ["query"] = $"And the {Marked}?" });

        await Eventually.Async(() => system.Log.Any(line => line.Contains(query.Trace, StringComparison.Ordinal)), TimeSpan.FromSeconds(10), () => "no line is of the query's trace");
        var lines = system.Log;
        Assert.True(lines.Count > 20, string.Join('\n', lines));
        Assert.All(lines, line =>
        {
            Assert.DoesNotContain(Marked, line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("key-key-key", line, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("zorilla", line, StringComparison.OrdinalIgnoreCase);
            var fields = Assert.IsType<JsonObject>(JsonNode.Parse(line));
            foreach (var field in new[] { "@timestamp", "log.level", "message", "ecs.version", "service.name", "event.dataset" })
                Assert.True(fields.ContainsKey(field), $"{field} is not in {line}");
        });
    }
}
