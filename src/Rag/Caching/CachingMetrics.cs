using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Rag.Caching;

/// <summary>What the caching service measures. Engines count by the same names.</summary>
public static class CachingMetrics
{
    private static readonly Meter Meter = new("Rag");
    private static readonly ConcurrentDictionary<CacheStore, byte> Stores = new();

    private static readonly Counter<long> Lookups = Meter.CreateCounter<long>(
        "rag.caching.lookups", "{lookup}",
        "Lookups by result: hit, refresh (a hit whose reader computes it anew), miss, stale (the documents have changed since), busy (another computes it), waited (for another's)");

    private static readonly Counter<long> Values = Meter.CreateCounter<long>(
        "rag.caching.values", "{value}", "Values handed in, by result: kept, outdated (the documents changed while it was computed)");

    static CachingMetrics()
    {
        Meter.CreateObservableGauge("rag.caching.entries", () => Sum(s => s.Held.Entries), "{value}", "Values held");
        Meter.CreateObservableGauge("rag.caching.bytes", () => Sum(s => s.Held.Bytes), "By", "Bytes held, keys and values, as estimated");
        Meter.CreateObservableGauge("rag.caching.leases", () => Sum(s => s.Held.Leases), "{computation}", "Computations under way, those of dead processes included until their lease is asked for");
        Meter.CreateObservableGauge("rag.caching.waiters", () => Sum(s => s.Held.Waiters), "{caller}", "Callers that wait for another's computation");
    }

    /// <summary>Counts a lookup by its result.</summary>
    public static void Looked(string result) => Lookups.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts a value that was handed in, by whether it is still good.</summary>
    public static void Kept(bool kept) => Values.Add(1, new KeyValuePair<string, object?>("result", kept ? "kept" : "outdated"));

    internal static void Watch(CacheStore store) => Stores[store] = 0;

    internal static void Forget(CacheStore store) => Stores.TryRemove(store, out _);

    private static long Sum(Func<CacheStore, long> of) => Stores.Keys.Sum(of);
}
