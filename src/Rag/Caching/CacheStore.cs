using Rag.Bounds;

namespace Rag.Caching;

/// <summary>
/// <see cref="ICaching"/> in this process's memory. One lock, held for a few pointer moves only; nothing here has a thread or a timer of its own:
/// what has ended is found by whoever asks next, and those who wait bring their own time.
/// </summary>
internal sealed class CacheStore : ICaching, IDisposable
{
    // What an entry costs beside its key and value: node, dictionary slot, object headers.
    private const int EntryOverhead = 300;

    private readonly CachingOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _chance;
    private readonly Lock _lock = new();
    private readonly RecentMap<Name, Entry> _entries;
    private readonly Dictionary<Name, Flight> _flights = [];
    private readonly TenantGenerations _generations;
    private int _waiters;

    /// <param name="options">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="chance">Spreads the ends of life.</param>
    public CacheStore(CachingOptions options, TimeProvider time, Random chance)
    {
        (_options, _time, _chance) = (options, time, chance);
        _entries = new RecentMap<Name, Entry>(options.Entries, options.Bytes);
        _generations = new TenantGenerations(time.GetUtcNow().UtcTicks, options.Tenants);
        CachingMetrics.Watch(this);
    }

    /// <summary>Values, bytes, computations under way and callers that wait, now.</summary>
    public (int Entries, long Bytes, int Leases, int Waiters) Held
    {
        get
        {
            lock (_lock)
                return (_entries.Count, _entries.Bytes, _flights.Count, _waiters);
        }
    }

    public ValueTask<CacheReply> GetOrLeadAsync(CacheLookup request, CancellationToken cancellationToken)
    {
        var flight = Look(request, room: request.Wait > TimeSpan.Zero, out var reply);
        return flight is null ? new ValueTask<CacheReply>(reply!) : WaitAsync(request, flight, cancellationToken);
    }

    public ValueTask KeepAsync(CacheEntry entry, CancellationToken cancellationToken)
    {
        var name = new Name(entry.Tenant, entry.Key);
        lock (_lock)
        {
            var current = _generations.Of(entry.Tenant) == entry.Generation;
            if (current)
                Store(name, entry);
            CachingMetrics.Kept(current);
            if (_flights.TryGetValue(name, out var flight) && flight.Generation == entry.Generation)
            {
                _flights.Remove(name);
                // Those who waited from before the change ask again: one of them computes it from the new documents.
                flight.End(current ? new CacheReply(CacheState.Hit, entry.Generation, entry.Value, Refresh: false, Stale: false) : null);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask AbandonAsync(CacheLease lease, CancellationToken cancellationToken)
    {
        var name = new Name(lease.Tenant, lease.Key);
        lock (_lock)
            if (_flights.TryGetValue(name, out var flight) && flight.Lease == lease.Lease)
            {
                _flights.Remove(name);
                flight.End(null);
            }

        return ValueTask.CompletedTask;
    }

    public ValueTask InvalidateAsync(IReadOnlyList<string> tenants, CancellationToken cancellationToken)
    {
        lock (_lock)
            foreach (var tenant in tenants)
                if (tenant == CacheEntry.EveryTenant)
                    _generations.BumpAll();
                else
                    _generations.Bump(tenant);
        return ValueTask.CompletedTask;
    }

    public void Dispose() => CachingMetrics.Forget(this);

    // The reply, or the computation to wait for; then a waiter's place is taken.
    private Flight? Look(CacheLookup request, bool room, out CacheReply? reply)
    {
        var name = new Name(request.Tenant, request.Key);
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var generation = _generations.Of(request.Tenant);
            var stale = false;
            if (_entries.TryGet(name, out var entry))
            {
                if (entry.Generation == generation && entry.Ends > now)
                {
                    var refresh = entry.RefreshAt <= now && TryLead(name, request.Lease, generation, now);
                    reply = new CacheReply(CacheState.Hit, generation, entry.Value, refresh, Stale: false);
                    CachingMetrics.Looked(refresh ? "refresh" : "hit");
                    return null;
                }

                stale = entry.Generation != generation;
                _entries.Remove(name);
            }

            var leads = TryLead(name, request.Lease, generation, now);
            if (!leads && room && _waiters < _options.Waiters && _flights.TryGetValue(name, out var flight))
            {
                _waiters++;
                reply = null;
                return flight;
            }

            reply = new CacheReply(leads ? CacheState.Lead : CacheState.Busy, generation, default, Refresh: false, stale);
            CachingMetrics.Looked(!leads ? "busy" : stale ? "stale" : "miss");
            return null;
        }
    }

    private async ValueTask<CacheReply> WaitAsync(CacheLookup request, Flight flight, CancellationToken cancellationToken)
    {
        var until = _time.GetTimestamp() + Timestamps(request.Wait);
        while (true)
        {
            CacheReply? reply;
            try
            {
                reply = await WaitForAsync(flight, until, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                lock (_lock)
                    _waiters--;
            }

            if (reply is not null)
            {
                CachingMetrics.Looked("waited");
                return reply;
            }

            // Given back, or its time is over, or the wait is: look once more.
            if (Look(request, room: _time.GetTimestamp() < until, out reply) is not { } next)
                return reply!;
            flight = next;
        }
    }

    private async ValueTask<CacheReply?> WaitForAsync(Flight flight, long until, CancellationToken cancellationToken)
    {
        var ends = Math.Min(until, flight.Ends) - _time.GetTimestamp();
        if (ends <= 0)
            return null;
        try
        {
            // A millisecond more, so that a timer that rounds down doesn't find nothing due.
            return await flight.Task.WaitAsync(TimeSpan.FromSeconds((double)ends / _time.TimestampFrequency) + TimeSpan.FromMilliseconds(1), _time, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    // Whether this lease is now the one under which the value is computed.
    private bool TryLead(Name name, Guid lease, long generation, long now)
    {
        if (_flights.TryGetValue(name, out var flight))
        {
            if (flight.Generation == generation && flight.Lease == lease)
                return true;
            if (flight.Generation == generation && flight.Ends > now)
                return false;
            flight.End(null);
            _flights.Remove(name);
        }
        else if (_flights.Count >= _options.Leases && !DropEnded(now))
            return false;

        _flights.Add(name, new Flight(lease, generation, now + Timestamps(_options.Lease)));
        return true;
    }

    private bool DropEnded(long now)
    {
        foreach (var (name, flight) in _flights)
            if (flight.Ends <= now)
            {
                flight.End(null);
                _flights.Remove(name);
            }

        return _flights.Count < _options.Leases;
    }

    private void Store(Name name, CacheEntry entry)
    {
        var jittered = entry.Lifetime * (0.9 + 0.2 * _chance.NextDouble());
        var lifetime = jittered < CacheEntry.LongestLifetime ? jittered : CacheEntry.LongestLifetime;
        if (lifetime <= TimeSpan.Zero)
            return;
        var now = _time.GetTimestamp();
        var refreshAt = _options.RefreshShare > 0 ? now + Timestamps(lifetime * (1 - _options.RefreshShare)) : long.MaxValue;
        _entries.Set(
            name, new Entry(entry.Value, entry.Generation, now + Timestamps(lifetime), refreshAt),
            EntryOverhead + 2L * (name.Tenant.Length + name.Key.Length) + entry.Value.Length);
    }

    private long Timestamps(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    private readonly record struct Name(string Tenant, string Key);

    private readonly record struct Entry(ReadOnlyMemory<byte> Value, long Generation, long Ends, long RefreshAt);

    /// <summary>A computation under way somewhere.</summary>
    private sealed class Flight(Guid lease, long generation, long ends)
    {
        private TaskCompletionSource<CacheReply?>? _done; // made by the first who waits

        public Guid Lease => lease;

        public long Generation => generation;

        public long Ends => ends;

        public Task<CacheReply?> Task => LazyInitializer.EnsureInitialized(
            ref _done, static () => new TaskCompletionSource<CacheReply?>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        /// <summary>Wakes those who wait: with the value, or with null to look once more.</summary>
        public void End(CacheReply? reply)
        {
            _ = Task;
            _done!.TrySetResult(reply);
        }
    }
}
