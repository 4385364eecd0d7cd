using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Embedding;
using Rag.Errors;
using Rag.Search;
using Rag.Tests.Caching;
using Xunit;

namespace Rag.Tests.Search;

public sealed class CachedEmbeddingTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Model _model = new();
    private readonly CacheStore _store;
    private readonly FaultyCaching _cache;

    public CachedEmbeddingTests() => _cache = new FaultyCaching(_store = new CacheStore(new CachingOptions(), _time, new Random(1)));

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_question_is_embedded_once_and_passages_always()
    {
        var embedding = New();
        var first = await AskAsync(embedding, "q");
        Assert.Same(first, await AskAsync(embedding, "q"));
        for (var i = 0; i < 2; i++)
            await embedding.EmbedAsync(new EmbedRequest(["q"], EmbedPurpose.Passage), default);
        Assert.Equal(["q", "q", "q"], _model.Asked);
    }

    [Fact]
    public async Task Concurrent_askers_share_one_computation_which_the_first_one_going_does_not_stop()
    {
        var embedding = New();
        _model.Hold = new TaskCompletionSource();
        using var going = new CancellationTokenSource();
        var first = AskAsync(embedding, "q", going.Token);
        var others = Enumerable.Range(0, 20).Select(_ => AskAsync(embedding, "q")).ToArray();
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _model.Hold.SetResult();
        await Task.WhenAll(others).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Single(_model.Asked);
    }

    [Fact]
    public async Task A_failure_is_not_kept_and_what_is_kept_is_told_while_the_model_is_down()
    {
        var embedding = New();
        await AskAsync(embedding, "kept");
        _model.Failure = new RagException(RagError.Unavailable, "down");
        await Assert.ThrowsAsync<RagException>(() => AskAsync(embedding, "new"));
        _time.Advance(TimeSpan.FromMinutes(10));
        await AskAsync(embedding, "kept");
        _model.Failure = null;
        await AskAsync(embedding, "new");
        Assert.Equal(["kept", "new", "new"], _model.Asked);
    }

    [Fact]
    public async Task Another_model_makes_what_is_kept_forgotten_within_ten_seconds()
    {
        var embedding = New();
        await AskAsync(embedding, "q");
        _model.Version = "2";
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal("1", (await AskAsync(embedding, "q")).Model.Version);
        _time.Advance(TimeSpan.FromSeconds(1));
        await AskAsync(embedding, "q"); // asks the model for its name, which this one answers at once
        Assert.Equal("2", (await AskAsync(embedding, "q")).Model.Version);
    }

    [Fact]
    public async Task Bytes_are_bounded_and_zero_keeps_none()
    {
        var embedding = New(bytes: 8_000);
        for (var i = 0; i < 1000; i++)
            await AskAsync(embedding, $"{i}");
        await AskAsync(embedding, "999");
        Assert.Equal(1000, _model.Asked.Count);
        await AskAsync(embedding, "0");
        Assert.Equal(1001, _model.Asked.Count);
        var none = New(bytes: 0);
        await AskAsync(none, "x");
        await AskAsync(none, "x");
        Assert.Equal(1003, _model.Asked.Count);
    }

    [Fact]
    public async Task Processes_that_share_a_cache_embed_a_question_once_each_model_for_itself()
    {
        var first = await AskAsync(New(_cache), "q");
        var second = await AskAsync(New(_cache), "q");
        Assert.Equal(first.Vectors[0], second.Vectors[0]);
        Assert.Single(_model.Asked);
        _model.Version = "2";
        await AskAsync(New(_cache), "q");
        Assert.Equal(2, _model.Asked.Count);
        Assert.Equal((2, 0), (_store.Held.Entries, _store.Held.Leases));
    }

    [Fact]
    public async Task Two_processes_that_share_a_cache_embed_a_question_once()
    {
        var (one, other) = (New(_cache), New(_cache));
        await AskAsync(one, "warm"); // the model's name is known
        await AskAsync(other, "warm too");
        _model.Asked.Clear();
        _model.Hold = new TaskCompletionSource();
        var first = AskAsync(one, "q");
        var second = AskAsync(other, "q");
        _model.Hold.SetResult();
        await Task.WhenAll(first, second).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["q"], _model.Asked);
    }

    [Fact]
    public async Task Another_process_that_takes_too_long_is_not_waited_for()
    {
        var (one, other) = (New(_cache), New(_cache));
        await AskAsync(one, "warm");
        await AskAsync(other, "warm too");
        _model.Asked.Clear();
        _model.Hold = new TaskCompletionSource();
        var first = AskAsync(one, "q");
        var second = AskAsync(other, "q");
        Assert.Equal(["q"], _model.Asked);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        _model.Hold.SetResult();
        await Task.WhenAll(first, second).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["q", "q"], _model.Asked);
    }

    [Fact]
    public async Task A_shared_cache_that_is_down_costs_nothing_but_the_computation()
    {
        _cache.Down = true;
        var embedding = New(_cache);
        await AskAsync(embedding, "q");
        await AskAsync(embedding, "q");
        Assert.Single(_model.Asked);
    }

    private CachedEmbedding New(ICaching? shared = null, long bytes = 1 << 20) => new(_model, shared, bytes, _time, NullLogger<CachedEmbedding>.Instance);

    private static async Task<EmbedReply> AskAsync(CachedEmbedding embedding, string text, CancellationToken cancellationToken = default) =>
        await embedding.EmbedAsync(new EmbedRequest([text], EmbedPurpose.Query), cancellationToken);

    private sealed class Model : IEmbedding
    {
        public ConcurrentQueue<string> Asked { get; } = new();

        public string Version { get; set; } = "1";

        public RagException? Failure { get; set; }

        public TaskCompletionSource? Hold { get; set; }

        public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => Failure is null ? new(new EmbeddingModel("m", Version, 2)) : throw Failure;

        public async ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
        {
            Asked.Enqueue(request.Texts[0]);
            if (Hold is not null)
                await Hold.Task;
            if (Failure is not null)
                throw Failure;
            return new EmbedReply(new EmbeddingModel("m", Version, 2), [[request.Texts[0].Length, 1]], 1);
        }
    }
}
