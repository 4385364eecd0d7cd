using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace EndToEnd.Tests.Traces;

/// <summary>What a receiver of OTLP gets of a request and of an upload, in each shape that the system can be hosted in.</summary>
public class TraceTests
{
    [Theory]
    [InlineData("serve", 1)]
    [InlineData("services", 1)]
    [InlineData("up", 6)]
    public async Task A_query_is_one_tree_and_so_is_an_upload_until_it_is_searchable(string shape, int services)
    {
        await using var system = await TracedSystem.StartAsync(shape);

        var upload = await system.SendAsync("documents", new JsonObject { ["id"] = "well", ["title"] = "Wells", ["text"] = "The well of Ulm is nine fathoms deep." });
        Assert.Equal(HttpStatusCode.Accepted, upload.Answer.StatusCode);
        await system.SearchableAsync("well");
        var uploaded = await system.TreeAsync(
            upload.Trace, upload.Span, "POST /documents", "rag.documents/Put", "send ingestion", "process ingestion", "prepare", "parse", "chunk", "embed", "index", "record",
            "rag.embedding/Embed", "rag.vectors/Replace", "rag.keywords/Replace");
        var root = uploaded.Single(span => span.Name == "POST /documents");
        Assert.Equal(("server", "202", "/documents"), (root.Kind, root.Attributes["http.response.status_code"], root.Attributes["http.route"]));
        var sent = uploaded.Single(span => span.Name == "send ingestion");
        var processed = uploaded.Single(span => span.Name == "process ingestion");
        Assert.Equal(("producer", "consumer", sent.SpanId), (sent.Kind, processed.Kind, processed.ParentId));
        Assert.Equal("done", processed.Attributes["rag.job.outcome"]);

        var query = await system.AskAsync("How deep is the well of Ulm?");
        var asked = await system.TreeAsync(query.Trace, query.Span, "POST /query", "rag.query/Answer", "rag.search/Search", "rag.embedding/Embed", "rag.generation/Generate", "chat extractive");
        var generation = asked.First(span => span.Name == "rag.generation/Generate" && span.Kind == "client");
        var answer = asked.Where(span => span.Name == "rag.query/Answer").MaxBy(span => span.Start)!; // where it runs, which is where the call leads to
        Assert.Equal(answer.SpanId, generation.ParentId);
        Assert.Equal("extractive", asked.Single(span => span.Name == "chat extractive").Attributes["gen_ai.provider.name"]);
        Assert.True(asked.Concat(uploaded).Select(span => span.Service).Distinct().Count() >= services, string.Join(", ", asked.Concat(uploaded).Select(span => span.Service).Distinct()));
        Assert.All(asked.Concat(uploaded).Select(span => span.Service), name => Assert.StartsWith("rag", name, StringComparison.Ordinal));

        // Neither what was asked nor what was uploaded is anywhere in them.
        Assert.All(asked.Concat(uploaded), span => Assert.DoesNotContain("Ulm", string.Join(' ', span.Attributes.Values.Append(span.Name)), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Unsampled_requests_are_sent_when_they_are_slow_or_failed_and_otherwise_not()
    {
        await using var system = await TracedSystem.StartAsync("serve", new() { ["RAG_TELEMETRY__SLOW_MS"] = "3600000", ["RAG_ADMIN_KEY"] = "admin-admin-admin-admin" });
        var plain = await system.SendAsync("search", new JsonObject { ["query"] = "anything" }, sampled: false);
        Assert.Equal(HttpStatusCode.OK, plain.Answer.StatusCode);
        var refused = await system.SendAsync("search", new JsonObject { ["query"] = "anything" }, sampled: false, key: "not-a-key-of-anyone");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Answer.StatusCode);
        var fault = await system.SendAsync("admin/faults", new JsonObject { ["service"] = "keywords", ["kind"] = "error", ["for"] = "60s" }, key: "admin-admin-admin-admin");
        Assert.True(fault.Answer.StatusCode == HttpStatusCode.Created, await fault.Answer.Content.ReadAsStringAsync());
        var degraded = await system.SendAsync("search", new JsonObject { ["query"] = "anything" }, sampled: false);
        Assert.Equal(HttpStatusCode.OK, degraded.Answer.StatusCode);

        var spans = await system.TreeAsync(degraded.Trace, degraded.Span, "POST /search", "rag.keywords/Search");
        var root = spans.Single(span => span.Name == "POST /search");
        Assert.Equal("degraded", root.Attributes["rag.trace.kept"]);
        Assert.Contains("keywords_unavailable", root.Attributes["rag.degraded"], StringComparison.Ordinal);
        Assert.Contains(spans, span => span is { Name: "rag.keywords/Search", Failed: true });
        // They came before it, and batches go out in order.
        Assert.Empty(system.Receiver.Of(new HashSet<string> { plain.Trace, refused.Trace }));
    }
}
