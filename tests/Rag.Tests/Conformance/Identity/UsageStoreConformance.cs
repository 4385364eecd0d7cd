using Rag.Identity.Usage;
using Xunit;

namespace Rag.Tests.Conformance.Identity;

/// <summary>What a store of usage promises.</summary>
public abstract class UsageStoreConformance : IAsyncLifetime
{
    private const int Day = 739_000;

    private protected IUsageStore Store { get; private set; } = null!;

    /// <summary>Opens the same usage once more.</summary>
    protected abstract Task<IUsageStore> OpenAsync();

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task What_is_added_adds_up_by_day_tenant_user_key_and_operation()
    {
        await AddAsync("s", 1, Line("ann", requests: 1, tokens: 10), Line("ann", requests: 2, tokens: 5), Line("ann", operation: "search", requests: 4), Line("bob", requests: 1));
        await AddAsync("s", 2, Line("ann", requests: 1, tokens: 1), Line("ann", day: Day + 1), Line("ann", key: "k2"), Line("ann", tenant: "other"));
        Assert.Equal(
            [
                Line("ann", tenant: "other"), Line("ann", requests: 4, tokens: 16), Line("ann", operation: "search", requests: 4), Line("ann", key: "k2"), Line("bob"), Line("ann", day: Day + 1),
            ],
            await ReadAsync());
    }

    [Fact]
    public async Task Every_amount_is_kept_up_to_the_largest()
    {
        var entry = new UsageEntry(Day, "t", "ann", "k1", "upload", new UsageAmounts(1, 2, 3, 4, 5, 6, long.MaxValue / 2));
        await AddAsync("s", 1, entry);
        Assert.Equal([entry], await ReadAsync());
    }

    [Fact]
    public async Task A_batch_that_comes_again_counts_once_and_so_does_one_that_was_overtaken()
    {
        var other = await OpenAsync();
        await AddAsync("s", 1, Line("ann"));
        await AddAsync("s", 1, Line("ann"));
        await other.AddAsync(new UsageBatch("s", 1, [Line("ann")], Day, []), default);
        await AddAsync("s", 3, Line("ann"));
        await AddAsync("s", 2, Line("ann", requests: 100));
        await AddAsync("another", 1, Line("ann"));
        Assert.Equal([Line("ann", requests: 3)], await ReadAsync());
    }

    [Fact]
    public async Task Of_one_batch_that_many_send_at_a_time_one_counts_and_of_many_sources_all_do()
    {
        var stores = new[] { Store, await OpenAsync() };
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            var lines = Enumerable.Range(0, 20).Select(u => Line($"user{(i % 2 == 0 ? u : 19 - u)}")).ToList();
            await stores[i % 2].AddAsync(new UsageBatch($"source {i / 2}", 1, lines, Day, []), default); // each twice
        })));
        var lines = await ReadAsync();
        Assert.Equal(20, lines.Count);
        Assert.All(lines, line => Assert.Equal(20, line.Amounts.Requests));
    }

    [Fact]
    public async Task Totals_of_the_day_are_over_keys_operations_and_sources_with_the_batch_itself()
    {
        await AddAsync("a", 1, Line("ann", requests: 2, tokens: 7), Line("ann", day: Day - 1, requests: 50), Line("bob", requests: 9));
        var totals = await Store.AddAsync(
            new UsageBatch("b", 1, [Line("ann", key: "k2", operation: "chat", requests: 1, tokens: 3), new UsageEntry(Day, "t", "ann", "k1", "embeddings", new UsageAmounts(1, 0, 0, 2, 100, 0, 0))], Day, ["ann", "nobody", "ann"]),
            default);
        Assert.Equal([new DayTotal("ann", 4, 110)], totals);
        Assert.Equal(totals, await Store.AddAsync(new UsageBatch("b", 1, [Line("ann")], Day, ["ann"]), default)); // again: told, not added
        Assert.Equal([new DayTotal("bob", 9, 0)], await Store.AddAsync(new UsageBatch("b", 2, [], Day, ["bob"]), default));
    }

    [Fact]
    public async Task Pages_follow_each_other_and_filters_hold()
    {
        await AddAsync("s", 1, [.. Enumerable.Range(0, 25).Select(i => Line($"u{i % 5}", day: Day + (i / 5), tenant: i % 2 == 0 ? "even" : "odd"))]);
        var all = await ReadAsync();
        Assert.Equal(25, all.Count);
        var paged = new List<UsageEntry>();
        UsagePlace? after = null;
        do
        {
            var page = await Store.ReadAsync(new UsageQuestion(0, int.MaxValue, null, null, after, 7), default);
            Assert.InRange(page.Entries.Count, 1, 7);
            paged.AddRange(page.Entries);
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(all, paged);
        Assert.Equal(all.Where(line => line is { User: "u3", Tenant: "odd", Day: >= Day + 1 and <= Day + 3 }), (await Store.ReadAsync(new UsageQuestion(Day + 1, Day + 3, "odd", "u3", null, 100), default)).Entries);
        Assert.Empty((await Store.ReadAsync(new UsageQuestion(0, int.MaxValue, null, "nobody", null, 100), default)).Entries);
    }

    [Fact]
    public async Task Of_what_another_store_brings_the_greater_counts_however_often()
    {
        await AddAsync("s", 1, Line("ann", requests: 5, tokens: 1), Line("bob", requests: 1));
        for (var i = 0; i < 2; i++)
            await Store.MergeAsync([Line("ann", requests: 3, tokens: 9), Line("bob", requests: 4), Line("carl", requests: 2), Line("carl", requests: 1)], default);
        await Store.MergeAsync([], default);
        Assert.Equal([Line("ann", requests: 5, tokens: 9), Line("bob", requests: 4), Line("carl", requests: 2)], await ReadAsync());
    }

    [Fact]
    public async Task Old_days_are_forgotten_and_the_numbers_of_sources_that_are_silent_too()
    {
        await AddAsync("s", 1, Line("ann", day: Day - 2), Line("ann", day: Day - 1), Line("ann"));
        Assert.Equal(2, await Store.ForgetAsync(Day, Day, default));
        Assert.Equal(0, await Store.ForgetAsync(Day, Day, default));
        await AddAsync("s", 1, Line("ann")); // its number stays: its last batch was of this day
        Assert.Equal([Line("ann")], await ReadAsync());
        await Store.ForgetAsync(Day, Day + 1, default);
        await AddAsync("s", 1, Line("ann"));
        Assert.Equal([Line("ann", requests: 2)], await ReadAsync());
    }

    [Fact]
    public async Task A_batch_of_thousands_is_there_for_another_process()
    {
        await AddAsync("s", 1, [.. Enumerable.Range(0, 4000).Select(i => Line($"user{i:0000}", requests: i + 1))]);
        var read = (await (await OpenAsync()).ReadAsync(new UsageQuestion(Day, Day, null, null, null, 10_000), default)).Entries;
        Assert.Equal(Enumerable.Range(1, 4000).Select(i => (long)i), read.Select(line => line.Amounts.Requests));
    }

    private static UsageEntry Line(string user, int day = Day, string tenant = "t", string key = "k1", string operation = "query", long requests = 1, long tokens = 0) =>
        new(day, tenant, user, key, operation, new UsageAmounts(requests, tokens, 0, 0, 0, 0, 0));

    private async Task AddAsync(string source, long number, params UsageEntry[] entries) => await Store.AddAsync(new UsageBatch(source, number, entries, Day, []), default);

    private async Task<IReadOnlyList<UsageEntry>> ReadAsync() => (await Store.ReadAsync(new UsageQuestion(0, int.MaxValue, null, null, null, 10_000), default)).Entries;
}
