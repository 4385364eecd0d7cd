using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Xunit;

namespace Rag.Tests.Gateway;

public class WatchingTests
{
    [Fact]
    public async Task Status_tells_services_models_queue_and_index()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Time.Advance(TimeSpan.FromSeconds(5));
        var status = await server.Http.GetFromJsonAsync<JsonElement>("/status");
        Assert.Equal(["identity", "caching", "generation", "query", "gateway"], status.GetProperty("services").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.Equal(5, status.GetProperty("uptime_seconds").GetDouble());
        Assert.Equal("tiny", status.GetProperty("models").GetProperty("embedding").GetProperty("id").GetString());
        Assert.Equal(7, status.GetProperty("queue").GetProperty("depth").GetInt32());
        Assert.Equal(1.5, status.GetProperty("queue").GetProperty("oldest_seconds").GetDouble());
        Assert.Equal(42, status.GetProperty("index").GetProperty("chunks").GetInt32());
        Assert.Matches(@"^\d+\.\d+\.\d+", status.GetProperty("version").GetString());
    }

    [Fact]
    public async Task Readiness_waits_for_what_loads()
    {
        var loading = new Loading { Waiting = "reading the snapshot" };
        await using var server = await GatewayServer.StartAsync(more: services => services.AddSingleton<IReadiness>(loading));
        using (var early = await server.Http.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            Assert.Contains("reading the snapshot", await early.Content.ReadAsStringAsync());
        }

        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/health/live")).StatusCode);
        loading.Waiting = null;
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task Metrics_count_requests_by_route_and_status_and_answers_by_result()
    {
        await using var server = await GatewayServer.StartAsync();
        (await server.Http.GetAsync("/documents/none")).Dispose();
        (await server.Http.PostAsync("/query", GatewayServer.Json("""{"query":"What causes the tides?"}"""))).Dispose();
        var text = await server.Http.GetStringAsync("/metrics");
        Assert.DoesNotContain("rag_rag_", text);
        Assert.Matches("""rag_http_request_duration_seconds_count\{[^}]*method="GET",route="/documents/\{id\}",status="404"[^}]*\} [1-9]""", text);
        Assert.Matches("""rag_query_answers_total\{[^}]*result="ok"[^}]*\} [1-9]""", text);
        // Told in microseconds, as the instruments advise.
        Assert.Matches("""rag_gateway_auth_duration_seconds_bucket\{[^}]*le="(2[eE]-05|0\.00002)"\}""", text);
        Assert.Matches("""rag_gateway_routing_duration_seconds_count(\{[^}]*\})? [1-9]""", text);
        Assert.Matches("""rag_query_completion_tokens_total(\{[^}]*\})? [1-9]""", text);
    }

    /// <summary>Set RAG_WRITE_OPENAPI=1 to write the file anew after a change of the API.</summary>
    [Fact]
    public async Task The_checked_in_API_document_is_the_served_one()
    {
        await using var server = await GatewayServer.StartAsync();
        var served = (await server.Http.GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Loadline.slnx")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the repository's root was not found");
        var path = Path.Combine(root, "docs", "openapi.json");
        if (Environment.GetEnvironmentVariable("RAG_WRITE_OPENAPI") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, served);
        }

        Assert.True(File.Exists(path) && await File.ReadAllTextAsync(path) == served, $"docs/openapi.json differs from what is served; write it with RAG_WRITE_OPENAPI=1");
    }

    [Fact]
    public async Task Every_operation_has_a_summary_and_its_responses_and_names_are_snake_case()
    {
        await using var server = await GatewayServer.StartAsync();
        var document = await server.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => (Path: p.Name, o.Name, o.Value))).ToList();
        Assert.Equal(23, operations.Count);
        foreach (var (path, method, operation) in operations)
        {
            Assert.True(operation.GetProperty("summary").GetString()!.Length > 5, $"{method} {path}");
            Assert.NotEmpty(operation.GetProperty("responses").EnumerateObject());
            if (method is "post" or "put")
                Assert.True(operation.GetProperty("requestBody").GetProperty("content").TryGetProperty("application/json", out _), $"{method} {path}");
            foreach (var parameter in path.Split('{').Skip(1))
                Assert.Contains(operation.GetProperty("parameters").EnumerateArray(), p => p.GetProperty("name").GetString() == parameter.Split('}')[0]);
        }

        var properties = document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            .SelectMany(s => s.Value.TryGetProperty("properties", out var p) ? p.EnumerateObject().Select(x => x.Name) : []).ToList();
        Assert.Contains("document_id", properties);
        Assert.All(properties, name => Assert.Matches("^[a-z][a-z0-9_]*$", name));
    }

    private sealed class Loading : IReadiness
    {
        public string Service => "gateway";

        public string? Waiting { get; set; }
    }
}
