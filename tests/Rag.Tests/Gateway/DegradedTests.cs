using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Engines.OpenAi;
using Rag.Errors;
using Rag.Generation;
using Rag.Identity;
using Rag.Keywords;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Gateway;

/// <summary>What is missing is said: in the body, in X-Degraded while headers can be written, and in the metric.</summary>
public class DegradedTests
{
    private const string Question = """{"query":"What causes the tides?"}""";
    private const string Chat = """{"model":"x","messages":[{"role":"user","content":"What causes the tides?"}]}""";
    private const string Upload = """{"text":"The moon."}""";

    [Theory]
    [InlineData("/query", Question)]
    [InlineData("/search", Question)]
    [InlineData("/v1/chat/completions", Chat)]
    [InlineData("/documents", Upload)]
    public async Task Without_identity_a_key_seen_lately_still_works_and_every_answer_says_so(string path, string body)
    {
        var keys = new MemoryKeys();
        await using var server = await GatewayServer.StartAsync(more: services => services.AddSingleton<IKeyStore>(keys));
        using var ann = server.Client(await server.KeyAsync("ann"));
        (await ann.GetAsync("/documents")).Dispose();
        keys.Failure = new RagException(RagError.Unavailable, "identity: down");
        server.Time.Advance(TimeSpan.FromSeconds(11)); // past what gateway and identity believe without asking
        using var response = await ann.PostAsync(path, GatewayServer.Json(body));
        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal("identity_unavailable", response.Headers.GetValues("X-Degraded").Single());
        Assert.Equal(["identity_unavailable"], Codes(await response.Content.ReadFromJsonAsync<JsonElement>()));
        Assert.Matches("""rag_degraded_total\{[^}]*code="identity_unavailable"[^}]*\} [1-9]""", await server.Http.GetStringAsync("/metrics"));

        using var stranger = server.Client("a-key-never-seen-here");
        using var unknown = await stranger.PostAsync(path, GatewayServer.Json(body));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode); // not 401: it may be right
        Assert.NotNull(unknown.Headers.RetryAfter);
    }

    [Fact]
    public async Task Parts_that_are_missing_in_several_places_are_told_together_and_a_stream_tells_what_it_knows_in_its_head()
    {
        var keys = new MemoryKeys();
        await using var server = await GatewayServer.StartAsync(more: services => services.AddSingleton<IKeyStore>(keys));
        using var ann = server.Client(await server.KeyAsync("ann"));
        (await ann.GetAsync("/documents")).Dispose();
        keys.Failure = new RagException(RagError.Unavailable, "identity: down");
        server.Time.Advance(TimeSpan.FromSeconds(11));
        server.Search.Degraded.Add("vectors_unavailable");
        server.Generation.FailAtOnce = new RagException(RagError.Unavailable, "generation: down");
        using var response = await ann.StreamAsync("/query", """{"query":"What causes the tides?","stream":true}""");
        Assert.StartsWith("identity_unavailable, vectors_unavailable", response.Headers.GetValues("X-Degraded").Single());
        var usage = (await response.EventsAsync().ToListAsync())[^2];
        Assert.Equal(["identity_unavailable", "vectors_unavailable", "generation_unavailable"], Codes(JsonDocument.Parse(usage.Data).RootElement));
    }

    [Fact]
    public async Task An_upload_that_nobody_ingests_yet_is_accepted_and_says_so()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Documents.Degraded = ["ingestion_unavailable"];
        using var response = await server.Http.PostAsync("/documents", GatewayServer.Json(Upload));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(["ingestion_unavailable"], Codes(await response.Content.ReadFromJsonAsync<JsonElement>()));
        Assert.Equal("ingestion_unavailable", response.Headers.GetValues("X-Degraded").Single());
    }

    [Fact]
    public async Task What_is_complete_says_nothing()
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/query", GatewayServer.Json(Question));
        Assert.False(response.Headers.Contains("X-Degraded"));
    }

    /// <summary>Real time, and a minute for the first token: only the question whether the LLM lives can end the wait.</summary>
    [Fact]
    public async Task A_frozen_LLM_is_answered_around()
    {
        using var frozen = new TcpListener(IPAddress.Loopback, 0);
        frozen.Start();
        using var llm = new OpenAiGeneration(
            new OpenAiOptions { Url = new Uri($"http://{frozen.LocalEndpoint}"), FirstTokenTimeout = TimeSpan.FromMinutes(1) }, TimeProvider.System);
        await using var server = await GatewayServer.StartAsync(extractive: true, more: services => services.AddSingleton<IGeneration>(llm));
        using var response = await server.Http.PostAsync("/query", GatewayServer.Json(Question)).WaitAsync(TimeSpan.FromSeconds(20));
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("The moon causes the tides. [1]", answer.GetProperty("answer").GetString());
        Assert.Equal(["generation_unavailable"], Codes(answer));
        Assert.Equal("generation_unavailable", response.Headers.GetValues("X-Degraded").Single());
    }

    [Fact]
    public async Task Status_names_the_parts_that_do_not_answer_and_tells_the_rest()
    {
        await using var server = await GatewayServer.StartAsync(more: services =>
        {
            services.AddSingleton<IEmbedding>(new HangingEmbedding());
            services.AddSingleton<IVectors>(new FakeVectors { Failure = new RagException(RagError.Unavailable, "vectors: down") });
            services.AddSingleton<IKeywords>(new FakeKeywords());
        });
        var asked = server.Http.GetFromJsonAsync<JsonElement>("/status");
        while (!asked.IsCompleted)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        var status = await asked;
        Assert.Equal(["embedding", "vectors"], status.GetProperty("unavailable").EnumerateArray().Select(s => s.GetString()!));
        Assert.False(status.GetProperty("models").TryGetProperty("embedding", out _));
        Assert.Equal(7, status.GetProperty("queue").GetProperty("depth").GetInt32());
        Assert.Equal(42, status.GetProperty("index").GetProperty("chunks").GetInt32()); // keywords know it too
        Assert.False(status.GetProperty("index").TryGetProperty("vectors_bytes", out _));
    }

    private static string[] Codes(JsonElement answer) => [.. answer.GetProperty("degraded").EnumerateArray().Select(d => d.GetString()!)];

    private sealed class HangingEmbedding : IEmbedding
    {
        public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => new(new TaskCompletionSource<EmbeddingModel>().Task);

        public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class MemoryKeys : IKeyStore
    {
        private readonly Dictionary<KeyHash, Caller> _keys = [];

        public RagException? Failure { get; set; }

        public ValueTask<Caller?> FindAsync(KeyHash hash, CancellationToken cancellationToken) =>
            Failure is not null ? throw Failure : ValueTask.FromResult(_keys.GetValueOrDefault(hash));

        public ValueTask AddAsync(IReadOnlyList<NewKey> keys, CancellationToken cancellationToken)
        {
            foreach (var (caller, hash) in keys)
                _keys[hash] = caller;
            return default;
        }

        public ValueTask<IReadOnlyList<KeyListing>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<int> RevokeAsync(string keyIdOrUser, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
