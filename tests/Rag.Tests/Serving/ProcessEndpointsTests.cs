using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Host.Serving;
using Rag.Hosting;
using Rag.Reranking;
using Xunit;

namespace Rag.Tests.Serving;

/// <summary>A process without the gateway says how it is, and nothing else.</summary>
public sealed class ProcessEndpointsTests
{
    [Fact]
    public async Task It_tells_its_services_and_what_they_wait_for()
    {
        var loading = new Loading { Waiting = "a model" };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:0" }).Build();
        await using var app = RagApp.Build(configuration, [new EmbeddingModule(), new RerankingModule()], services => services.AddSingleton<IReadiness>(loading));
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Equal("""{"status":"live"}""", await http.GetStringAsync("/health/live"));
        using var starting = await http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, starting.StatusCode);
        Assert.Equal("""{"status":"starting","waiting":[{"name":"embedding","ready":false,"reason":"a model"}]}""", await starting.Content.ReadAsStringAsync());
        loading.Waiting = null;
        Assert.Equal("""{"status":"ready"}""", await http.GetStringAsync("/health/ready"));
        var status = JsonNode.Parse(await http.GetStringAsync("/status"))!;
        Assert.Equal(["embedding", "reranking"], status["services"]!.AsArray().Select(service => service!["name"]!.GetValue<string>()));
        var metrics = await http.GetStringAsync("/metrics");
        Assert.Contains("process_cpu_seconds_total", metrics);
        // Made before anything is served, and measured all the same; with buckets for what takes less than a millisecond.
        Assert.Matches("""rag_model_load_duration_seconds_count\{seam="embedding"\} [1-9]""", metrics);
        Assert.Contains("rag_model_load_duration_seconds_bucket{seam=\"embedding\",le=\"0.0001\"}", metrics);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/documents")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/openapi/v1.json")).StatusCode);
    }

    private sealed class Loading : IReadiness
    {
        public string Service => "embedding";

        public string? Waiting { get; set; }
    }
}
