namespace Rag.Caching;

/// <summary>
/// Values by key with an end of life, one computation per key at a time across all processes, and a generation per tenant that moves on when its documents
/// change. One process serves it: several would be several caches.
/// <code>
/// GetOrLead ─┬▶ Hit: the value (and for one caller near its end of life: compute it anew meanwhile)
///            ├▶ Lead: compute it, then Keep or Abandon
///            └▶ Busy: another computes it: ask again with a wait, or compute it as well
/// </code>
/// </summary>
public interface ICaching
{
    /// <summary>The value of a key, or the task of computing it.</summary>
    ValueTask<CacheReply> GetOrLeadAsync(CacheLookup request, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a value and hands it to all who wait for it. Ignored when the tenant's generation has moved on since <see cref="CacheReply.Generation"/> was read:
    /// what was computed from old documents is never kept for new ones.
    /// </summary>
    ValueTask KeepAsync(CacheEntry entry, CancellationToken cancellationToken);

    /// <summary>Gives the task of computing a value back; one who waits gets it. Does nothing when the lease has ended.</summary>
    ValueTask AbandonAsync(CacheLease lease, CancellationToken cancellationToken);

    /// <summary>Moves the tenants' generations on: whoever asks after this returned gets nothing that was kept or begun before.</summary>
    /// <param name="tenants">Which; <see cref="CacheEntry.EveryTenant"/> is all of them.</param>
    /// <param name="cancellationToken">Stops the caller's waiting.</param>
    ValueTask InvalidateAsync(IReadOnlyList<string> tenants, CancellationToken cancellationToken);
}

/// <summary>Asks for a value.</summary>
/// <param name="Tenant">Whose generation guards it; <see cref="CacheEntry.NoTenant"/> for what no document changes.</param>
/// <param name="Key">Everything else that the value depends on.</param>
/// <param name="Lease">
/// A number made up by the asker for this value, never used for another: the name of the lease that it may get. Asking again with it gives the same lease
/// again, and a lease whose reply was lost can be abandoned.
/// </param>
/// <param name="Wait">How long to wait while another computes it; zero or less answers at once.</param>
public sealed record CacheLookup(string Tenant, string Key, Guid Lease, TimeSpan Wait);

/// <summary>What became of a <see cref="CacheLookup"/>.</summary>
/// <param name="State">Which of the three.</param>
/// <param name="Generation">The tenant's generation now; read before anything is computed, so that a value is filed under a generation at most as new as what it saw.</param>
/// <param name="Value">The value of a hit; otherwise empty. Never changes.</param>
/// <param name="Refresh">A hit near its end of life whose reader, and no other, is asked to compute it anew; the lease is held.</param>
/// <param name="Stale">There was a value, from before the tenant's documents changed.</param>
public sealed record CacheReply(CacheState State, long Generation, ReadOnlyMemory<byte> Value, bool Refresh, bool Stale);

/// <summary>What became of a lookup.</summary>
public enum CacheState
{
    /// <summary>The value is there.</summary>
    Hit,

    /// <summary>It is not, and the asker is the one to compute it: the lease is held, and ends by itself.</summary>
    Lead,

    /// <summary>It is not, and another computes it still (or there is no room for one more lease).</summary>
    Busy,
}

/// <summary>A value to be kept.</summary>
/// <param name="Tenant">As in the lookup.</param>
/// <param name="Key">As in the lookup.</param>
/// <param name="Generation">As in the lookup's reply.</param>
/// <param name="Lifetime">How long, ±10 % so that what was kept together does not end together; at most <see cref="LongestLifetime"/>. Zero or less only hands it to those who wait.</param>
/// <param name="Value">The value; not to be changed afterwards.</param>
public sealed record CacheEntry(string Tenant, string Key, long Generation, TimeSpan Lifetime, ReadOnlyMemory<byte> Value)
{
    /// <summary>The tenant of values that depend on no documents.</summary>
    public const string NoTenant = "";

    /// <summary>In <see cref="ICaching.InvalidateAsync"/>: every tenant.</summary>
    public const string EveryTenant = "*";

    /// <summary>The longest life of a value: one day, the ±10 % included.</summary>
    public static TimeSpan LongestLifetime { get; } = TimeSpan.FromDays(1);
}

/// <summary>A lease that is given back.</summary>
/// <param name="Tenant">As in the lookup.</param>
/// <param name="Key">As in the lookup.</param>
/// <param name="Lease">As in the lookup.</param>
public sealed record CacheLease(string Tenant, string Key, Guid Lease);
