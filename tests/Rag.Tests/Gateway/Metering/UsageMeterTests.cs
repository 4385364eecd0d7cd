using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Gateway.Metering;
using Rag.Identity;
using Rag.Identity.Usage;
using Xunit;

namespace Rag.Tests.Gateway.Metering;

public sealed class UsageMeterTests
{
    private static readonly Caller Ann = new("ann", "t", 100);
    private static readonly UsageAmounts One = new(1, 0, 0, 0, 0, 0, 0);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 23, 59, 58, TimeSpan.Zero));
    private readonly Ledger _ledger = new();

    [Fact]
    public async Task Requests_of_one_kind_travel_as_one_line()
    {
        using var meter = New();
        for (var i = 0; i < 3; i++)
            meter.Add(Ann, "k", "query", One with { PromptTokens = 10 });
        meter.Add(Ann, "k", "search", One);
        Assert.True(await meter.SendAsync(default));
        Assert.True(await meter.SendAsync(default));
        var batch = Assert.Single(_ledger.Batches);
        Assert.Equal([("query", 3L, 30L), ("search", 1L, 0L)], batch.Entries.Select(e => (e.Operation, e.Amounts.Requests, e.Amounts.PromptTokens)));
    }

    [Fact]
    public async Task A_batch_that_fails_is_sent_again_as_it_was_and_what_came_meanwhile_follows()
    {
        using var meter = New();
        meter.Add(Ann, "k", "query", One);
        _ledger.Failure = new RagException(RagError.Unavailable, "down");
        Assert.False(await meter.SendAsync(default));
        meter.Add(Ann, "k", "query", One);
        Assert.False(await meter.SendAsync(default));
        _ledger.Failure = null;
        Assert.True(await meter.SendAsync(default));
        Assert.Equal([1, 1, 1, 2], _ledger.Batches.Select(batch => batch.Number));
        Assert.Single(_ledger.Batches.Select(batch => batch.Source).Distinct());
        Assert.All(_ledger.Batches, batch => Assert.Equal(1, Assert.Single(batch.Entries).Amounts.Requests));
    }

    [Fact]
    public async Task A_request_before_midnight_counts_for_its_day()
    {
        using var meter = New();
        meter.Add(Ann, "k", "query", One);
        _time.Advance(TimeSpan.FromSeconds(3));
        meter.Add(Ann, "k", "query", One);
        await meter.SendAsync(default);
        Assert.Equal([new DateOnly(2026, 3, 1), new DateOnly(2026, 3, 2)], _ledger.Batches.SelectMany(batch => batch.Entries).Select(e => DateOnly.FromDayNumber(e.Day)));
    }

    [Fact]
    public async Task Lines_are_bounded_known_ones_still_count_and_all_that_was_kept_arrives()
    {
        using var meter = New();
        _ledger.Failure = new RagException(RagError.Unavailable, "down");
        for (var i = 0; i < UsageMeter.MostLines + 500; i++)
            meter.Add(new Caller($"u{i}", "t", 100), "k", "query", One);
        meter.Add(new Caller("u0", "t", 100), "k", "query", One);
        Assert.False(await meter.SendAsync(default));
        _ledger.Failure = null;
        _ledger.Batches.Clear();
        Assert.True(await meter.SendAsync(default));
        Assert.All(_ledger.Batches, batch => Assert.InRange(batch.Entries.Count, 1, 4_000));
        Assert.Equal(UsageMeter.MostLines + 1, _ledger.Batches.SelectMany(batch => batch.Entries).Sum(e => e.Amounts.Requests));
    }

    [Fact]
    public async Task It_sends_every_second_by_itself_and_what_is_left_when_it_stops()
    {
        using var meter = New();
        await meter.StartAsync(default);
        meter.Add(Ann, "k", "query", One);
        var sent = _ledger.NextAsync();
        while (!sent.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1)); // it may not have begun to wait yet
            await Task.WhenAny(sent, Task.Delay(10));
        }

        meter.Add(Ann, "k", "query", One with { Requests = 5 });
        await meter.StopAsync(default);
        Assert.Equal([1, 5], _ledger.Batches.Select(batch => batch.Entries[0].Amounts.Requests));
    }

    [Fact]
    public async Task Concurrent_requests_and_batches_lose_nothing()
    {
        using var meter = New();
        var adding = Task.WhenAll(Enumerable.Range(0, 4).Select(u => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
                meter.Add(new Caller($"u{u}", "t", 100), "k", "query", One);
        })));
        while (!adding.IsCompleted)
            await meter.SendAsync(default);
        await adding;
        await meter.SendAsync(default);
        Assert.Equal(80_000, _ledger.Batches.SelectMany(batch => batch.Entries).Sum(e => e.Amounts.Requests));
    }

    private UsageMeter New() => new(_ledger, new DailyQuotas(_time), _time, NullLogger<UsageMeter>.Instance);

    private sealed class Ledger : IUsage
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<UsageBatch> Batches { get; } = [];

        public RagException? Failure { get; set; }

        public Task NextAsync() => _next.Task;

        public ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken)
        {
            Batches.Add(batch);
            _next.TrySetResult();
            return Failure is null ? new([]) : throw Failure;
        }

        public ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
