using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Engines;
using Rag.Errors;
using Rag.Keywords;
using Rag.Reranking;
using Rag.Search;
using Rag.Tests.ModelServers;
using Rag.Tests.Onnx;
using Rag.Tests.Onnx.Tiny;
using Xunit;

namespace Rag.Tests.Conformance.Reranking;

/// <summary>What every engine of reranking promises.</summary>
public abstract class RerankingConformance : IAsyncLifetime
{
    private ServiceProvider? _provider;

    protected IReranking Reranking => _provider!.GetRequiredService<IReranking>();

    public async ValueTask InitializeAsync() => _provider = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_provider is not null)
            await _provider.DisposeAsync();
    }

    [Fact]
    public async Task All_candidates_come_back_best_first_as_they_were_but_for_their_scores()
    {
        var candidates = Candidates(30);
        var reply = await Reranking.RerankAsync(new RerankRequest("the tide in the harbour", candidates), default);
        Assert.Equal(candidates.Select(c => c.Key).OrderBy(key => key.DocumentId), reply.Select(r => r.Key).OrderBy(key => key.DocumentId));
        Assert.Equal(reply.Select(r => r.Score).OrderDescending(), reply.Select(r => r.Score));
        Assert.All(reply, result => Assert.True(double.IsFinite(result.Score)));
        var given = candidates.ToDictionary(c => c.Key);
        Assert.All(reply, result => Assert.Equal(given[result.Key], result with { Score = given[result.Key].Score }));
    }

    [Fact]
    public async Task Equals_keep_the_order_they_came_in()
    {
        var candidates = Enumerable.Range(0, 7).Select(i => new SearchResult(new ChunkKey($"d{i}", 1, 0), "Tides", "the tide rises twice a day", 1)).ToList();
        var reply = await Reranking.RerankAsync(new RerankRequest("the tide", candidates), default);
        Assert.Equal(candidates.Select(c => c.Key), reply.Select(r => r.Key));
    }

    [Fact]
    public async Task A_request_has_1_to_200_candidates()
    {
        foreach (var count in new[] { 0, 201 })
            Assert.Equal(RagError.InvalidArgument, (await Assert.ThrowsAsync<RagException>(async () => await Reranking.RerankAsync(new RerankRequest("tide", Candidates(count)), default))).Error);
        Assert.Single(await Reranking.RerankAsync(new RerankRequest("tide", Candidates(1)), default));
        Assert.Equal(200, (await Reranking.RerankAsync(new RerankRequest("tide", Candidates(200)), default)).Count);
    }

    [Theory]
    [InlineData("\0", "\0 null \0")]
    [InlineData("lone \ud800", "surrogate \udfff")]
    [InlineData("Zürich 東京 🌊", "עברית ﷺ")]
    [InlineData("the", "")]
    public async Task Any_text_is_taken(string query, string text)
    {
        var reply = await Reranking.RerankAsync(new RerankRequest(query, [.. Candidates(2), new SearchResult(new ChunkKey("x", 1, 0), "", text, 0)]), default);
        Assert.Equal(3, reply.Count);
        Assert.All(reply, result => Assert.True(double.IsFinite(result.Score)));
    }

    [Fact]
    public async Task Enormous_texts_are_taken()
    {
        var huge = string.Concat(Enumerable.Repeat("the tide rises ", 60_000));
        Assert.Equal(2, (await Reranking.RerankAsync(new RerankRequest("the tide", [new(new ChunkKey("a", 1, 0), huge, "sea", 1), new(new ChunkKey("b", 1, 0), "", huge, 1)]), default)).Count);
    }

    [Fact]
    public async Task Many_at_once_get_what_each_gets_alone()
    {
        var candidates = Candidates(12);
        var alone = await Reranking.RerankAsync(new RerankRequest("the tide in the harbour", candidates), default);
        foreach (var reply in await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await Reranking.RerankAsync(new RerankRequest("the tide in the harbour", candidates), default)))))
        {
            Assert.Equal(alone.Select(r => r.Key), reply.Select(r => r.Key));
            Assert.All(alone.Zip(reply), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-5));
        }
    }

    [Fact]
    public async Task A_caller_that_has_gone_gets_nothing()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Reranking.RerankAsync(new RerankRequest("the tide", Candidates(3)), gone.Token));
    }

    /// <summary>The engine, as the configuration opens it.</summary>
    protected abstract ValueTask<ServiceProvider> OpenAsync();

    protected static List<SearchResult> Candidates(int count)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(i => new SearchResult(new ChunkKey($"d{i}", 1, 0), TinyFolder.Text(random, 2), TinyFolder.Text(random, 3 + i % 20), count - i))];
    }
}

public sealed class BuiltInRerankingConformance : RerankingConformance
{
    protected override ValueTask<ServiceProvider> OpenAsync()
    {
        var services = new ServiceCollection();
        new RerankingModule().Register(services, new ConfigurationBuilder().Build());
        return new(services.BuildServiceProvider());
    }
}

/// <summary>A cross-encoder made by the test, in ONNX Runtime.</summary>
public sealed class OnnxRerankingConformance : RerankingConformance
{
    private readonly TinyFolder _folder = new(head: TinyHead.Score, pooling: null);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override ValueTask<ServiceProvider> OpenAsync() => new(EngineCatalogue.Open("reranking", OpenModel.Context(
        null, ("reranking:engine", "onnx"), ("reranking:model", _folder.Folder), ("reranking:threads", "1"))));
}

/// <summary>A server that speaks as Text-Embeddings-Inference 1.8 does.</summary>
public sealed class TeiRerankingConformance : RerankingConformance
{
    private readonly TestModelServer _server = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""[{"index":0,"score":0.5},{"index":0,"score":0.5},{"index":1,"score":0.5}]""")]
    [InlineData("""[{"index":0,"score":0.5},{"index":1,"score":0.5},{"index":3,"score":0.5}]""")]
    [InlineData("""[{"index":0,"score":"a"},{"index":1,"score":0.5},{"index":2,"score":0.5}]""")]
    public async Task A_reply_that_is_not_what_was_asked_for_is_a_failure(string said)
    {
        await Reranking.RerankAsync(new RerankRequest("tide", Candidates(3)), default);
        _server.Instead = async context =>
        {
            await TestModelServer.SayAsync(context, 200, said);
            return true;
        };
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(async () => await Reranking.RerankAsync(new RerankRequest("tide", Candidates(3)), default))).Error);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_unavailable_and_heard_when_it_is_back()
    {
        await _server.StopAsync();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(async () => await Reranking.RerankAsync(new RerankRequest("tide", Candidates(3)), default))).Error);
        await _server.StartAgainAsync();
        Assert.Equal(3, (await Reranking.RerankAsync(new RerankRequest("tide", Candidates(3)), default)).Count);
    }

    [Fact]
    public async Task The_check_names_server_and_model()
    {
        var engine = EngineCatalogue.Of("reranking").First(engine => engine.Name == "tei");
        var found = Assert.Single(await engine.CheckAsync(Context(), default));
        Assert.True(found.Works);
        Assert.Contains("Text-Embeddings-Inference 1.8.1", found.What);
        Assert.Contains("BAAI/tiny", found.What);
    }

    protected override async ValueTask<ServiceProvider> OpenAsync()
    {
        await _server.StartAgainAsync();
        return EngineCatalogue.Open("reranking", Context());
    }

    private EngineContext Context() => OpenModel.Context(
        null, ("reranking:engine", "tei"), ("reranking:url", _server.Url.ToString()), ("reranking:key", TestModelServer.Key), ("reranking:timeout_seconds", "5"));
}
