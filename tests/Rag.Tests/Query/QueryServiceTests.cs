using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Caching;
using Rag.Errors;
using Rag.Generation;
using Rag.Models;
using Rag.Query;
using Rag.Seams;
using Rag.Tests.Gateway;
using Xunit;

namespace Rag.Tests.Query;

public class QueryServiceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeSearch _search = new();
    private readonly FakeGeneration _generation = new();
    private readonly CacheStore _cache;
    private readonly QueryService _query;

    public QueryServiceTests()
    {
        _cache = new CacheStore(new CachingOptions(), _time, new Random(1));
        _query = New(new QueryOptions());
        _search.Add("default", "tides", "The moon causes the tides.");
        _search.Add("acme", "acme-tides", "The tides of acme.");
    }

    [Fact]
    public async Task An_answer_is_told_again_from_the_cache_with_its_citations()
    {
        var first = await AskAsync("What causes the tides?");
        var second = await AskAsync("  what CAUSES the   tides? "); // case and spacing don't make another question
        Assert.Single(_generation.Asked);
        Assert.Equal("Hello \"world\"\né", Text(second));
        Assert.Equal(first.OfType<AnswerCitations>().Single().Citations, second.OfType<AnswerCitations>().Single().Citations);
        Assert.False(first.OfType<AnswerEnd>().Single().Timings.Cached);
        Assert.True(second.OfType<AnswerEnd>().Single().Timings.Cached);
        _time.Advance(TimeSpan.FromSeconds(66)); // a minute and a tenth
        await AskAsync("What causes the tides?");
        Assert.Equal(2, _generation.Asked.Count);
    }

    [Theory]
    [InlineData("question")]
    [InlineData("tenant")]
    [InlineData("top_k")]
    [InlineData("history")]
    [InlineData("max_tokens")]
    [InlineData("documents changed")]
    public async Task Whatever_an_answer_depends_on_makes_another_entry(string what)
    {
        var request = Request("What causes the tides?");
        await AskAsync(request);
        if (what == "documents changed")
            await _cache.InvalidateAsync(["default"], default);
        await AskAsync(what switch
        {
            "question" => request with { Question = "What are tides?" },
            "tenant" => request with { Tenant = "acme" },
            "top_k" => request with { TopK = 6 },
            "history" => request with { History = [new ChatMessage("user", "hi")] },
            "max_tokens" => request with { MaxTokens = 5 },
            _ => request,
        });
        Assert.Equal(2, _generation.Asked.Count);
    }

    [Fact]
    public async Task A_change_of_another_tenants_documents_leaves_the_entry()
    {
        await AskAsync("What causes the tides?");
        await _cache.InvalidateAsync(["acme"], default);
        await AskAsync("What causes the tides?");
        Assert.Single(_generation.Asked);
    }

    [Fact]
    public async Task Degraded_and_failed_answers_are_not_kept()
    {
        _search.Degraded.Add("vectors_unavailable");
        await AskAsync("What causes the tides?");
        _search.Degraded.Clear();
        _generation.FailAfter = new RagException(RagError.Unavailable, "cut");
        await AskAsync("What causes the tides?");
        _generation.FailAfter = null;
        Assert.False((await AskAsync("What causes the tides?")).OfType<AnswerEnd>().Single().Timings.Cached);
        Assert.Equal(3, _generation.Asked.Count);
    }

    [Fact]
    public async Task Concurrent_askers_share_one_generation_and_each_hears_all_of_it()
    {
        _generation.Hold = new SemaphoreSlim(0);
        var askers = Enumerable.Range(0, 20).Select(_ => Task.Run(() => AskAsync("What causes the tides?"))).ToArray();
        _generation.Hold.Release(100);
        foreach (var answer in await Task.WhenAll(askers).WaitAsync(TimeSpan.FromSeconds(20)))
        {
            Assert.IsType<AnswerCitations>(answer[0]);
            Assert.Equal("Hello \"world\"\né", Text(answer));
            Assert.IsType<AnswerEnd>(answer[^1]);
        }

        Assert.Single(_generation.Asked);
    }

    [Fact]
    public async Task When_the_first_asker_goes_the_second_hears_the_rest_and_when_all_have_gone_generation_stops()
    {
        _generation.Hold = new SemaphoreSlim(0);
        using var going = new CancellationTokenSource();
        using var staying = new CancellationTokenSource();
        await using var first = _query.AnswerAsync(Request("tides of which?"), going.Token).GetAsyncEnumerator(going.Token);
        await using var second = _query.AnswerAsync(Request("tides of which?"), staying.Token).GetAsyncEnumerator(staying.Token);
        for (var i = 0; i < 2; i++) // citations and the first piece
        {
            Assert.True(await first.MoveNextAsync());
            Assert.True(await second.MoveNextAsync());
        }

        var waiting = first.MoveNextAsync().AsTask(); // now the one who moves the source
        var followed = second.MoveNextAsync().AsTask();
        await going.CancelAsync();
        Assert.False(_generation.Stopped.Task.IsCompleted);
        _generation.Hold.Release();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(await followed.WaitAsync(TimeSpan.FromSeconds(10)));
        var last = second.MoveNextAsync().AsTask();
        await staying.CancelAsync();
        await _generation.Stopped.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
    }

    [Fact]
    public async Task Work_that_others_may_join_does_not_end_with_the_time_of_who_asked_first()
    {
        TimeSpan? remaining = TimeSpan.Zero;
        _search.Before = () => remaining = CallScope.Current!.Remaining;
        await AskInTimeAsync();
        Assert.Null(remaining);

        async Task AskInTimeAsync()
        {
            CallScope.Enter(_time, TimeSpan.FromSeconds(1), Priority.Interactive);
            await AskAsync("What causes the tides?");
        }
    }

    [Fact]
    public async Task A_newcomer_after_all_have_gone_gets_an_answer_of_its_own()
    {
        _generation.Hold = new SemaphoreSlim(0);
        using var going = new CancellationTokenSource();
        var gone = AskAsync(Request("tides?"), going.Token);
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _generation.Hold.Release(100);
        Assert.Equal("Hello \"world\"\né", Text(await AskAsync("tides?").WaitAsync(TimeSpan.FromSeconds(10))));
    }

    [Theory]
    [InlineData(RagError.Unavailable)]
    [InlineData(RagError.Overloaded)] // refused
    [InlineData(RagError.DeadlineExceeded)] // late
    [InlineData(null)] // anything else that an engine may throw
    public async Task Generation_that_fails_before_its_first_word_is_answered_around_and_said(RagError? error)
    {
        _generation.FailAtOnce = error is { } kind ? new RagException(kind, "down") : new InvalidOperationException("broken");
        var answer = await AskAsync("What causes the tides?");
        Assert.Equal("The moon causes the tides. [1]", Text(answer));
        var end = Assert.IsType<AnswerEnd>(answer[^1]);
        Assert.Equal(["generation_unavailable"], end.Degraded);
        Assert.Equal("extractive", end.Model);
    }

    [Fact]
    public async Task When_the_askers_own_time_is_over_nothing_is_answered_around()
    {
        CallScope.Enter(_time, TimeSpan.FromMilliseconds(10), Priority.Interactive);
        _generation.FailAfter = new RagException(RagError.DeadlineExceeded, "no time is left");
        Assert.Equal(RagError.DeadlineExceeded, (await Assert.ThrowsAsync<RagException>(() => AskAsync("What causes the tides?"))).Error);
    }

    [Fact]
    public async Task Generation_that_fails_in_the_middle_leaves_what_was_said_and_the_passages_go_on()
    {
        _generation.FailAfter = new RagException(RagError.Unavailable, "cut");
        var answer = await AskAsync(Request("What causes the tides?") with { MaxTokens = 6 });
        Assert.Equal("Hello \"world\"\né\n\nThe moon ", Text(answer)); // four pieces were said, two words are left
        var end = Assert.IsType<AnswerEnd>(answer[^1]);
        Assert.Equal(["generation_interrupted"], end.Degraded);
        Assert.Equal((6, "length"), (end.CompletionTokens, end.FinishReason));
    }

    [Fact]
    public async Task Names_of_models_neither_fail_nor_delay_an_answer()
    {
        _generation.Models = new TaskCompletionSource<IReadOnlyList<string>>(); // never ends
        Assert.Equal("Hello \"world\"\né", Text(await AskAsync(Request("What causes the tides?"), query: New(new QueryOptions()))));
        _generation.Models.SetException(new RagException(RagError.Unavailable, "down"));
        Assert.Equal("Hello \"world\"\né", Text(await AskAsync(Request("What causes tides?"), query: New(new QueryOptions()))));
    }

    [Fact]
    public async Task A_search_that_does_not_answer_is_a_part_that_is_down_and_not_the_askers_lack_of_time()
    {
        _search.Failure = new RagException(RagError.DeadlineExceeded, "search: not within 2 s");
        var error = await Assert.ThrowsAsync<RagException>(() => AskAsync("What causes the tides?"));
        Assert.Equal((RagError.Unavailable, TimeSpan.FromSeconds(1)), (error.Error, error.RetryAfter));
    }

    [Theory]
    [InlineData("", 5, "query")]
    [InlineData("x", 0, "top_k")]
    [InlineData("x", 51, "top_k")]
    public async Task A_wrong_request_says_what_is_wrong(string question, int topK, string field)
    {
        var error = await Assert.ThrowsAsync<RagException>(() => AskAsync(Request(question) with { TopK = topK }));
        Assert.Equal(RagError.InvalidArgument, error.Error);
        Assert.StartsWith(field + ":", error.Message);
    }

    private QueryService New(QueryOptions options) => new(
        _search, _generation, new AnswerCache(_cache, null, options, _time, NullLogger<AnswerCache>.Instance), new ModelNames(_generation, _time), options, _time,
        NullLogger<QueryService>.Instance);

    private static AnswerRequest Request(string question) => new() { Tenant = "default", Question = question };

    private static string Text(IEnumerable<AnswerEvent> answer) => string.Concat(answer.OfType<AnswerText>().Select(t => t.Text));

    private Task<List<AnswerEvent>> AskAsync(string question) => AskAsync(Request(question));

    private async Task<List<AnswerEvent>> AskAsync(AnswerRequest request, CancellationToken cancellationToken = default, QueryService? query = null) =>
        await (query ?? _query).AnswerAsync(request, cancellationToken).ToListAsync(cancellationToken);
}
