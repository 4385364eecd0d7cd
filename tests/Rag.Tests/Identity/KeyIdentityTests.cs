using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Rag.Engines.Sqlite.Identity;
using Rag.Errors;
using Rag.Identity;
using Xunit;

namespace Rag.Tests.Identity;

public sealed class KeyIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-identity-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_key_that_was_made_names_its_user_and_is_256_random_bits()
    {
        var identity = New();
        var keys = await identity.IssueKeysAsync([new KeyRequest("ann", "acme", 7), new KeyRequest("bob")], default);
        Assert.Equal(new Caller("ann", "acme", 7), await identity.AuthenticateAsync(keys[0].Key, default));
        Assert.Equal(new Caller("bob", "default", 100), await identity.AuthenticateAsync(keys[1].Key, default));
        Assert.All(keys, key => Assert.Matches("^rag_[A-Za-z0-9_-]{43}$", key.Key));
        Assert.Null(await identity.AuthenticateAsync(keys[0].Key[..^1] + "!", default));
        Assert.Null(await identity.AuthenticateAsync("", default));
    }

    [Fact]
    public async Task The_clear_text_of_a_key_is_in_no_file()
    {
        var key = (await New().IssueKeysAsync([new KeyRequest("ann")], default))[0].Key;
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_folder))
            Assert.DoesNotContain(key[4..], await File.ReadAllTextAsync(file, System.Text.Encoding.Latin1));
    }

    [Fact]
    public async Task A_key_that_another_process_added_works_at_once()
    {
        var serving = New();
        Assert.Null(await serving.AuthenticateAsync("rag_tried-before-it-was-made", default));
        var key = (await New().IssueKeysAsync([new KeyRequest("ann")], default))[0].Key; // a store of its own: another process
        Assert.NotNull(await serving.AuthenticateAsync(key, default));
        await New().IssueKeysAsync([new KeyRequest("bob", Key: "rag_tried-before-it-was-made")], default);
        _time.Advance(TimeSpan.FromSeconds(1)); // one that was tried in vain, a second later
        Assert.Equal("bob", (await serving.AuthenticateAsync("rag_tried-before-it-was-made", default))?.User);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_within_ten_seconds_and_the_others_stay()
    {
        var serving = New();
        var keys = await serving.IssueKeysAsync([new KeyRequest("ann"), new KeyRequest("ann"), new KeyRequest("bob")], default);
        foreach (var key in keys)
            Assert.NotNull(await serving.AuthenticateAsync(key.Key, default));
        var store = Store();
        Assert.Equal(1, await store.RevokeAsync(KeyHash.Of(keys[0].Key).ToString()[..12], default));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(await serving.AuthenticateAsync(keys[0].Key, default));
        Assert.NotNull(await serving.AuthenticateAsync(keys[1].Key, default));
        Assert.Equal(1, await store.RevokeAsync("ann", default));
        Assert.Equal(0, await store.RevokeAsync("ann", default));
        Assert.Equal([true, true, false], (await store.ListAsync(default)).Select(k => k.RevokedAt is not null));
    }

    [Fact]
    public async Task A_further_key_changes_the_users_tenant_and_limit_for_all_its_keys()
    {
        var identity = New();
        var first = (await identity.IssueKeysAsync([new KeyRequest("ann", "acme", 7)], default))[0].Key;
        Assert.Equal(7, (await identity.AuthenticateAsync(first, default))?.RequestsPerMinute);
        await identity.IssueKeysAsync([new KeyRequest("ann", "umbrella", 9)], default);
        Assert.Equal(new Caller("ann", "umbrella", 9), await identity.AuthenticateAsync(first, default));
    }

    [Fact]
    public async Task Keys_are_made_all_or_none()
    {
        var identity = New();
        var error = await Assert.ThrowsAsync<RagException>(() => identity.IssueKeysAsync(
            [new KeyRequest("ann"), new KeyRequest("a b"), new KeyRequest("bob", "", 0), new KeyRequest("eve", Key: "short")], default).AsTask());
        foreach (var part in new[] { "keys[1].user: 'a b'", "keys[2].tenant", "keys[2].requests_per_minute: 0", "keys[3].key" })
            Assert.Contains(part, error.Message);
        Assert.Empty(await Store().ListAsync(default));
    }

    [Fact]
    public async Task A_flood_of_invented_keys_does_not_grow_memory_without_bound_nor_push_out_real_ones()
    {
        var store = new CountingStore(Store());
        var identity = new KeyIdentity(store, new IdentityOptions { CachedKeys = 100 }, _time);
        var key = (await identity.IssueKeysAsync([new KeyRequest("ann")], default))[0].Key;
        Assert.NotNull(await identity.AuthenticateAsync(key, default));
        for (var i = 0; i < 1000; i++)
            await identity.AuthenticateAsync($"rag_invented-key-{i}", default);
        var before = store.Looked;
        Assert.NotNull(await identity.AuthenticateAsync(key, default));
        Assert.Equal(before, store.Looked); // still remembered
    }

    [Fact]
    public async Task The_development_key_is_stored_nowhere()
    {
        var identity = New(new IdentityOptions { DevKey = "a-key-for-today-only" });
        Assert.Equal("dev", (await identity.AuthenticateAsync("a-key-for-today-only", default))?.User);
        Assert.Empty(await Store().ListAsync(default));
        Assert.Null(await New().AuthenticateAsync("a-key-for-today-only", default));
    }

    private IKeyStore Store() => new SqliteKeyStore(Path.Combine(_folder, "keys.db"), _time);

    private KeyIdentity New(IdentityOptions? options = null) => new(Store(), options ?? new IdentityOptions(), _time);

    private sealed class CountingStore(IKeyStore inner) : IKeyStore
    {
        public int Looked { get; private set; }

        public ValueTask<Caller?> FindAsync(KeyHash hash, CancellationToken cancellationToken)
        {
            Looked++;
            return inner.FindAsync(hash, cancellationToken);
        }

        public ValueTask AddAsync(IReadOnlyList<NewKey> keys, CancellationToken cancellationToken) => inner.AddAsync(keys, cancellationToken);

        public ValueTask<IReadOnlyList<KeyListing>> ListAsync(CancellationToken cancellationToken) => inner.ListAsync(cancellationToken);

        public ValueTask<int> RevokeAsync(string keyIdOrUser, CancellationToken cancellationToken) => inner.RevokeAsync(keyIdOrUser, cancellationToken);
    }
}
