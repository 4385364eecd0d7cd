using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Embedding;
using Rag.Errors;
using Rag.Models;
using Rag.Query;
using Rag.Tests.Gateway;
using Xunit;

namespace Rag.Tests.Query;

public sealed class AlikeAnswersTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeGeneration _generation = new();
    private readonly Angles _embedding = new();
    private readonly CacheStore _store;
    private readonly QueryService _query;

    public AlikeAnswersTests()
    {
        var options = new QueryOptions { SemanticCache = true };
        _store = new CacheStore(new CachingOptions(), _time, new Random(1));
        var cache = new AnswerCache(_store, new AlikeAnswers(_embedding, options, _time), options, _time, NullLogger<AnswerCache>.Instance);
        var search = new FakeSearch();
        search.Add("default", "tides", "The moon causes the tides.");
        _query = new QueryService(search, _generation, cache, new ModelNames(_generation, _time), options, _time, NullLogger<QueryService>.Instance);
    }

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task The_same_question_in_other_words_gets_the_answer_and_it_says_that_it_was_kept()
    {
        var first = await AskAsync("What is the cause of the tides?");
        var same = await AskAsync("what's the cause of tides");
        Assert.Single(_generation.Asked);
        Assert.True(same.OfType<AnswerEnd>().Single().Timings.Cached);
        Assert.Equal(first.OfType<AnswerCitations>().Single().Citations, same.OfType<AnswerCitations>().Single().Citations);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        for (; _store.Held.Leases > 0; await Task.Yield()) // given back behind the answer's back
            limit.Token.ThrowIfCancellationRequested();
    }

    [Theory]
    [InlineData("What is not the cause of the tides?", 1.0)]
    [InlineData("What is the cause of the tides?!", 0.949)] // the embedding says no
    public async Task A_question_that_differs_in_what_matters_or_is_not_near_enough_is_computed(string question, double cosine)
    {
        await AskAsync("What is the cause of the tides?");
        _embedding.Cosine = cosine;
        Assert.False((await AskAsync(question)).OfType<AnswerEnd>().Single().Timings.Cached);
    }

    [Theory]
    [InlineData("documents changed")]
    [InlineData("tenant")]
    [InlineData("top_k")]
    [InlineData("history")]
    [InlineData("time")]
    [InlineData("embedding down")]
    public async Task Whatever_else_an_answer_depends_on_makes_another(string what)
    {
        await AskAsync("What is the cause of the tides?");
        if (what == "documents changed")
            await _store.InvalidateAsync(["default"], default);
        else if (what == "time")
            _time.Advance(TimeSpan.FromSeconds(66));
        else if (what == "embedding down")
            _embedding.Failure = new RagException(RagError.Unavailable, "down");
        var other = Request("what's the cause of tides");
        await AskAsync(what switch
        {
            "tenant" => other with { Tenant = "acme" },
            "top_k" => other with { TopK = 6 },
            "history" => other with { History = [new("user", "hi")] },
            _ => other,
        });
        Assert.Equal(2, _generation.Asked.Count);
    }

    [Fact]
    public void A_threshold_that_lets_strangers_in_is_refused_together_with_what_else_is_wrong()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["query:semantic_threshold"] = "0.9",
            ["query:semantic_cache"] = "yes",
            ["query:cache_wait_ms"] = "-1",
        }).Build();
        var error = Assert.Throws<InvalidOperationException>(() => QuerySettings.Read(configuration));
        Assert.Equal(
            ["query:cache_wait_ms: '-1' is not permitted; expected milliseconds from 0 to 120000", "query:semantic_cache: 'yes' is not permitted; expected true or false",
                "query:semantic_threshold: '0.9' is not permitted; expected a number from 0.95 to 1"],
            error.Message.Split(Environment.NewLine));
    }

    private static AnswerRequest Request(string question) => new() { Tenant = "default", Question = question };

    private Task<List<AnswerEvent>> AskAsync(string question) => AskAsync(Request(question));

    private async Task<List<AnswerEvent>> AskAsync(AnswerRequest request) => await _query.AnswerAsync(request, default).ToListAsync();

    /// <summary>The first vector is (1, 0); later ones stand at a cosine to it.</summary>
    private sealed class Angles : IEmbedding
    {
        public double Cosine { get; set; } = 1;

        public RagException? Failure { get; set; }

        public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => new(new EmbeddingModel("angles", "1", 2));

        public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken) => Failure is null
            ? new(new EmbedReply(new EmbeddingModel("angles", "1", 2), [[(float)Cosine, (float)Math.Sqrt(1 - Cosine * Cosine)]], 1))
            : throw Failure;
    }
}
