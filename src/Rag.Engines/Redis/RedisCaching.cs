using System.Collections.Concurrent;
using System.Globalization;
using Rag.Caching;
using Rag.Errors;
using StackExchange.Redis;

namespace Rag.Engines.Redis;

/// <summary>
/// <see cref="ICaching"/> in Redis, shared by any number of processes. As the embedded one, with two differences: entries are bounded by Redis's own memory
/// limit and eviction instead of <c>caching:entries</c> and <c>caching:bytes</c>, and leases by their short life alone. A failover that loses acknowledged writes
/// may tell what was invalidated in its last moment until its life ends; a server that comes back empty tells nothing old.
/// </summary>
internal sealed class RedisCaching : ICaching
{
    /// <summary>How long a value that is not kept lies ready for those who wait for it.</summary>
    private const int HandedMilliseconds = 5_000;

    private const string Service = "caching";

    private readonly RedisConnection _redis;
    private readonly CachingOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _chance;
    private readonly string _prefix;
    private readonly RedisChannel _channel;
    private readonly ConcurrentDictionary<string, WaitingCrowd> _crowds = new();
    private readonly Lazy<Task> _listening;
    private int _waiters;

    /// <param name="redis">The connection.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="time">The clock of those who wait here; lives and leases follow the server's.</param>
    /// <param name="chance">Spreads the ends of life; locked.</param>
    public RedisCaching(RedisConnection redis, CachingOptions options, TimeProvider time, Random chance)
    {
        (_redis, _options, _time, _chance) = (redis, options, time, chance);
        _prefix = $"{{{redis.Options.Prefix}}}";
        _channel = RedisChannel.Literal($"{_prefix}:done:{redis.Options.Database.ToString(CultureInfo.InvariantCulture)}");
        _listening = new Lazy<Task>(() => redis.SubscribeAsync(_channel, name => Wake((string?)name)));
    }

    /// <summary>Callers that wait for others, now.</summary>
    public int Waiters => Volatile.Read(ref _waiters);

    public async ValueTask<CacheReply> GetOrLeadAsync(CacheLookup request, CancellationToken cancellationToken)
    {
        var (reply, now, _) = await LookAsync(request, since: 0, cancellationToken).ConfigureAwait(false);
        if (reply.State != CacheState.Busy || request.Wait <= TimeSpan.Zero)
        {
            CachingMetrics.Looked(reply.State == CacheState.Hit ? reply.Refresh ? "refresh" : "hit" : reply.State == CacheState.Busy ? "busy" : reply.Stale ? "stale" : "miss");
            return reply;
        }

        if (Interlocked.Increment(ref _waiters) > _options.Waiters)
        {
            Interlocked.Decrement(ref _waiters);
            CachingMetrics.Looked("busy");
            return reply;
        }

        try
        {
            _ = _listening.Value; // until it listens, the crowd's own looks do
            var waited = await JoinAsync(request, now, cancellationToken).ConfigureAwait(false);
            CachingMetrics.Looked(waited.State switch { CacheState.Hit => "waited", CacheState.Lead => "miss", _ => "busy" });
            return waited;
        }
        finally
        {
            Interlocked.Decrement(ref _waiters);
        }
    }

    public async ValueTask KeepAsync(CacheEntry entry, CancellationToken cancellationToken)
    {
        var name = RedisNames.Of(entry.Tenant, entry.Key);
        var lifetime = Spread(entry.Lifetime);
        var fits = entry.Value.Length <= _redis.Options.MaxValueBytes; // else those who wait compute it themselves
        var good = await _redis.CallAsync(Service, database => database.ScriptEvaluateAsync(
            CacheScripts.Keep, Keys(name),
            [
                Tenant(entry.Tenant), entry.Generation, fits ? entry.Value : default, fits ? Milliseconds(lifetime) : -1, _options.RefreshShare > 0 ? Milliseconds(lifetime * (1 - _options.RefreshShare)) : -1,
                (string)_channel!, name, HandedMilliseconds,
            ]), cancellationToken).ConfigureAwait(false);
        CachingMetrics.Kept((int)good == 1);
    }

    public async ValueTask AbandonAsync(CacheLease lease, CancellationToken cancellationToken)
    {
        var name = RedisNames.Of(lease.Tenant, lease.Key);
        await _redis.CallAsync(Service, database => database.ScriptEvaluateAsync(
            CacheScripts.Abandon, [Keys(name)[2]], [lease.Lease.ToString("N"), (string)_channel!, name]), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask InvalidateAsync(IReadOnlyList<string> tenants, CancellationToken cancellationToken)
    {
        if (tenants.Count == 0)
            return;
        await _redis.CallAsync(Service, database => database.ScriptEvaluateAsync(
            CacheScripts.Invalidate, [$"{_prefix}:generations"],
            [_options.Tenants, .. tenants.Select(tenant => (RedisValue)(tenant == CacheEntry.EveryTenant ? "*" : Tenant(tenant)))]), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One look, the server's time at it, and when the value was handed to those who waited then (0 for one that is kept).</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="since">Since when the asker waits, in the server's time: then values that are only handed over are told as well. 0 when it does not.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    internal async ValueTask<(CacheReply Reply, long Now, long HandedAt)> LookAsync(CacheLookup request, long since, CancellationToken cancellationToken)
    {
        var name = RedisNames.Of(request.Tenant, request.Key);
        var result = await _redis.CallAsync(Service, database => database.ScriptEvaluateAsync(
            CacheScripts.Look, Keys(name),
            [Tenant(request.Tenant), request.Lease.ToString("N"), Milliseconds(_options.Lease), since, (string)_channel!, name]), cancellationToken).ConfigureAwait(false);
        if (result.Length != 7)
            throw new RagException(RagError.Unavailable, $"{Service}: Redis gave a reply of another form; is another system using the prefix '{_redis.Options.Prefix}'?");
        var state = (string?)result[0] switch { "hit" => CacheState.Hit, "lead" => CacheState.Lead, _ => CacheState.Busy };
        return (new CacheReply(state, (long)result[1], state == CacheState.Hit ? (byte[]?)result[2] ?? [] : default(ReadOnlyMemory<byte>), (int)result[3] == 1, (int)result[4] == 1),
            (long)result[5], (long)result[6]);
    }

    private async Task<CacheReply> JoinAsync(CacheLookup request, long since, CancellationToken cancellationToken)
    {
        var name = RedisNames.Of(request.Tenant, request.Key);
        while (true)
        {
            var crowd = _crowds.GetOrAdd(name, _ => new WaitingCrowd(this, _time, crowd => _crowds.TryRemove(new KeyValuePair<string, WaitingCrowd>(name, crowd))));
            if (crowd.TryJoin(request, since, cancellationToken) is { } reply)
                return await reply.ConfigureAwait(false);
        }
    }

    private void Wake(string? name)
    {
        if (name is not null && _crowds.TryGetValue(name, out var crowd))
            crowd.Wake();
    }

    private TimeSpan Spread(TimeSpan lifetime)
    {
        double chance;
        lock (_chance)
            chance = _chance.NextDouble();
        var spread = lifetime * (0.9 + 0.2 * chance);
        return spread < CacheEntry.LongestLifetime ? spread : CacheEntry.LongestLifetime;
    }

    private RedisKey[] Keys(string name) => [$"{_prefix}:generations", $"{_prefix}:v:{name}", $"{_prefix}:l:{name}", $"{_prefix}:h:{name}"];

    private static string Tenant(string tenant) => "t" + RedisNames.Of(tenant);

    private static long Milliseconds(TimeSpan time) => time <= TimeSpan.Zero ? 0 : Math.Max(1, (long)time.TotalMilliseconds);
}
