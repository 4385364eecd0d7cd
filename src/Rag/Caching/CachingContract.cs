using Rag.Seams;

namespace Rag.Caching;

/// <summary><see cref="ICaching"/> through the seam.</summary>
internal static class CachingContract
{
    /// <summary>The most time of a call that does not wait: past it computing is the better way. Long beside a hop (under 1 ms), short beside an answer.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(250);

    // Asking twice with one lease gives the same lease.
    private static readonly UnaryCall<ICaching, CacheLookup, CacheReply> GetOrLead =
        new("GetOrLead", static (s, r, stop) => s.GetOrLeadAsync(r, stop), new CallPolicy { Cap = Quick, BatchCap = Quick, Retry = true });

    // The same with a wait: a long poll, which must not hold a place of the bulkhead, and whose end without a value is no failure.
    // Its callers wait in slices and stop a slice that is late, so a frozen cache is noticed; the calls that don't wait tell the breaker.
    private static readonly UnaryCall<ICaching, CacheLookup, CacheReply> Wait = new(
        "Wait", static (s, r, stop) => s.GetOrLeadAsync(r, stop), new CallPolicy { Cap = Timeout.InfiniteTimeSpan, BatchCap = Timeout.InfiniteTimeSpan, Exempt = true });

    private static readonly UnaryCall<ICaching, CacheEntry, Nothing> Keep = new(
        "Keep", static async (s, r, stop) => { await s.KeepAsync(r, stop).ConfigureAwait(false); return default; }, new CallPolicy { Cap = Quick, BatchCap = Quick, Retry = true });

    private static readonly UnaryCall<ICaching, CacheLease, Nothing> Abandon = new(
        "Abandon", static async (s, r, stop) => { await s.AbandonAsync(r, stop).ConfigureAwait(false); return default; }, new CallPolicy { Cap = Quick, BatchCap = Quick, Retry = true });

    // No retry here: who invalidates tries until it is done.
    private static readonly UnaryCall<ICaching, IReadOnlyList<string>, Nothing> Invalidate = new(
        "Invalidate", static async (s, r, stop) => { await s.InvalidateAsync(r, stop).ConfigureAwait(false); return default; },
        new CallPolicy { Cap = TimeSpan.FromSeconds(1), BatchCap = TimeSpan.FromSeconds(1) });

    public static Contract<ICaching> Instance { get; } = new("caching", seam => new Proxy(seam), GetOrLead, Wait, Keep, Abandon, Invalidate);

    private sealed class Proxy(Seam<ICaching> seam) : ICaching
    {
        public ValueTask<CacheReply> GetOrLeadAsync(CacheLookup request, CancellationToken cancellationToken) =>
            seam.CallAsync(request.Wait > TimeSpan.Zero ? Wait : GetOrLead, request, cancellationToken);

        public async ValueTask KeepAsync(CacheEntry entry, CancellationToken cancellationToken) => await seam.CallAsync(Keep, entry, cancellationToken).ConfigureAwait(false);

        public async ValueTask AbandonAsync(CacheLease lease, CancellationToken cancellationToken) => await seam.CallAsync(Abandon, lease, cancellationToken).ConfigureAwait(false);

        public async ValueTask InvalidateAsync(IReadOnlyList<string> tenants, CancellationToken cancellationToken) =>
            await seam.CallAsync(Invalidate, tenants, cancellationToken).ConfigureAwait(false);
    }
}
