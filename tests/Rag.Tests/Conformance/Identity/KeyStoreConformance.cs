using Rag.Identity;
using Xunit;

namespace Rag.Tests.Conformance.Identity;

/// <summary>What a store of users and keys promises.</summary>
public abstract class KeyStoreConformance : IAsyncLifetime
{
    private IKeyStore Store { get; set; } = null!;

    /// <summary>Opens the same users and keys once more.</summary>
    protected abstract Task<IKeyStore> OpenAsync();

    public virtual async ValueTask InitializeAsync() => Store = await OpenAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task A_key_that_was_added_names_its_user_and_an_unknown_one_nobody()
    {
        await AddAsync(("ann", "acme", 7, "key-of-ann"), ("bob", "default", 100, "key-of-bob"));
        Assert.Equal(new Caller("ann", "acme", 7), await FindAsync("key-of-ann"));
        Assert.Equal(new Caller("bob", "default", 100), await FindAsync("key-of-bob"));
        Assert.Null(await FindAsync("key-of-nobody"));
    }

    [Fact]
    public async Task Quotas_of_the_day_come_back_with_the_user_and_in_the_listing()
    {
        await Store.AddAsync([new NewKey(new Caller("ann", "t", 7, 1000, 2_000_000_000), KeyHash.Of("key"))], default);
        Assert.Equal(new Caller("ann", "t", 7, 1000, 2_000_000_000), await FindAsync("key"));
        Assert.Equal((1000, 2_000_000_000), Assert.Single(await Store.ListAsync(default)) is var listed ? (listed.RequestsPerDay, listed.TokensPerDay) : default);
        await Store.AddAsync([new NewKey(new Caller("ann", "t", 7), KeyHash.Of("another"))], default);
        Assert.Equal(new Caller("ann", "t", 7), await FindAsync("key"));
    }

    [Fact]
    public async Task A_users_next_key_brings_its_tenant_and_limit_to_the_others()
    {
        await AddAsync(("ann", "acme", 7, "first"));
        await AddAsync(("ann", "umbrella", 9, "second"), ("ann", "last", 10, "third"));
        foreach (var key in (string[])["first", "second", "third"])
            Assert.Equal(new Caller("ann", "last", 10), await FindAsync(key));
        Assert.Equal(3, (await Store.ListAsync(default)).Count);
    }

    [Fact]
    public async Task A_key_that_is_given_again_goes_to_the_new_user_and_is_valid_once_more()
    {
        await AddAsync(("ann", "acme", 7, "key"));
        Assert.Equal(1, await Store.RevokeAsync("ann", default));
        Assert.Null(await FindAsync("key"));
        await AddAsync(("bob", "acme", 8, "key"), ("carl", "acme", 9, "key"));
        Assert.Equal(new Caller("carl", "acme", 9), await FindAsync("key"));
        Assert.Null(Assert.Single(await Store.ListAsync(default)).RevokedAt);
    }

    [Fact]
    public async Task A_revocation_takes_one_key_by_its_number_or_all_of_a_user_and_counts_them()
    {
        await AddAsync(("ann", "t", 1, "one"), ("ann", "t", 1, "two"), ("bob", "t", 1, "three"));
        Assert.Equal(1, await Store.RevokeAsync(KeyHash.Of("one").ToString()[..12], default));
        Assert.Null(await FindAsync("one"));
        Assert.NotNull(await FindAsync("two"));
        Assert.Equal(1, await Store.RevokeAsync("ann", default));
        Assert.Equal(0, await Store.RevokeAsync("ann", default));
        Assert.Equal(0, await Store.RevokeAsync("nobody", default));
        Assert.NotNull(await FindAsync("three"));
    }

    [Fact]
    public async Task The_listing_is_in_the_ordinal_order_of_users_and_shows_no_key()
    {
        await AddAsync(("b", "t", 1, "kb"), ("B", "t", 2, "kB"), ("a.x@y-z_1", "t", 3, "ka"), ("a", "t", 4, "kk"));
        await Store.RevokeAsync("a", default);
        var listing = await Store.ListAsync(default);
        Assert.Equal(["B", "a", "a.x@y-z_1", "b"], listing.Select(k => k.User));
        Assert.Equal([2, 4, 3, 1], listing.Select(k => k.RequestsPerMinute));
        Assert.Equal(KeyHash.Of("kB").ToString()[..12], listing[0].Id);
        Assert.Equal([false, true, false, false], listing.Select(k => k.RevokedAt is not null));
        Assert.All(listing, k => Assert.Equal(TimeSpan.Zero, k.CreatedAt.Offset));
    }

    [Fact]
    public async Task A_thousand_keys_at_once_are_all_there_for_another_process()
    {
        await Store.AddAsync([.. Enumerable.Range(0, 1_000).Select(i => new NewKey(new Caller($"user{i:000}", "t", i + 1), KeyHash.Of($"key {i}")))], default);
        await Store.AddAsync([], default);
        var other = await OpenAsync();
        Assert.Equal(1_000, (await other.ListAsync(default)).Count);
        Assert.Equal(new Caller("user777", "t", 778), await other.FindAsync(KeyHash.Of("key 777"), default));
    }

    [Fact]
    public async Task Processes_that_add_the_same_users_at_a_time_all_succeed()
    {
        var stores = new[] { Store, await OpenAsync() };
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () => await stores[i % 2].AddAsync(
            [.. Enumerable.Range(0, 10).Select(u => new NewKey(new Caller($"user{(i % 2 == 0 ? u : 9 - u)}", "t", 1), KeyHash.Of($"key {i} {u}")))], default))));
        Assert.Equal(400, (await Store.ListAsync(default)).Count);
    }

    private ValueTask AddAsync(params IReadOnlyList<(string User, string Tenant, int Limit, string Key)> keys) =>
        Store.AddAsync([.. keys.Select(k => new NewKey(new Caller(k.User, k.Tenant, k.Limit), KeyHash.Of(k.Key)))], default);

    private ValueTask<Caller?> FindAsync(string key) => Store.FindAsync(KeyHash.Of(key), default);
}
