namespace Rag.Caching;

/// <summary>Bounds of the cache; the configuration section <c>caching</c>.</summary>
public sealed record CachingOptions
{
    /// <summary>The most values, <c>caching:entries</c>; default 10,000.</summary>
    public int Entries { get; init; } = 10_000;

    /// <summary>The most bytes, keys and values together, <c>caching:bytes</c>; default 64 MiB.</summary>
    public long Bytes { get; init; } = 64L << 20;

    /// <summary>The most computations under way, <c>caching:leases</c>; default 10,000. Past them newcomers compute without a lease.</summary>
    public int Leases { get; init; } = 10_000;

    /// <summary>The most callers that wait for computations of others, <c>caching:waiters</c>; default 10,000. Past them newcomers are told Busy at once.</summary>
    public int Waiters { get; init; } = 10_000;

    /// <summary>How long the one who computes a value has for it, <c>caching:lease_seconds</c>; default 15. Then another may: so long a killed process can keep others from it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The last part of a value's life in which one caller is asked to compute it anew, <c>caching:refresh_share</c>; default 0.1, 0 never.</summary>
    public double RefreshShare { get; init; } = 0.1;

    /// <summary>The most tenants whose generation is remembered one by one, <c>caching:tenants</c>; default 100,000. Past them all values are dropped once.</summary>
    public int Tenants { get; init; } = 100_000;

    /// <summary>The most users whose rates are remembered, <c>caching:users</c>; default 1,000,000.</summary>
    public int Users { get; init; } = 1_000_000;
}
