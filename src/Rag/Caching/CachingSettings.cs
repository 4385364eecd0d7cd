using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Caching;

/// <summary>What the configuration says of the built-in cache: the section <c>caching</c>.</summary>
public static class CachingSettings
{
    private static readonly Setting<int> Entries = Setting.Whole("caching:entries", 10_000, 1, 100_000_000, "The most values kept");
    private static readonly Setting<long> Bytes = Setting.Bytes("caching:bytes", 64L << 20, 1, 1L << 40, "The most bytes kept, keys and values together");
    private static readonly Setting<int> Leases = Setting.Whole("caching:leases", 10_000, 1, 10_000_000, "The most computations under way; past them newcomers compute without a lease");
    private static readonly Setting<int> Waiters = Setting.Whole("caching:waiters", 10_000, 1, 10_000_000, "The most callers that wait for computations of others; past them newcomers compute as well");
    private static readonly Setting<TimeSpan> Lease = Setting.Seconds("caching:lease_seconds", 15, 1, 600, "How long the one who computes a value has for it; so long a killed process can keep others from it");
    private static readonly Setting<double> RefreshShare = Setting.Number("caching:refresh_share", 0.1, 0, 0.5, "The last part of a value's life in which one caller is asked to compute it anew");
    private static readonly Setting<int> Tenants = Setting.Whole("caching:tenants", 100_000, 1, 10_000_000, "The most tenants whose generation is remembered one by one; past them all values are dropped once");
    private static readonly Setting<int> Users = Setting.Whole("caching:users", 1_000_000, 1024, 100_000_000, "The most users whose rates are remembered");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Entries, Bytes, Leases, Waiters, Lease, RefreshShare, Tenants, Users];

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static CachingOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new CachingOptions
        {
            Entries = reader.Read(Entries),
            Bytes = reader.Read(Bytes),
            Leases = reader.Read(Leases),
            Waiters = reader.Read(Waiters),
            Lease = reader.Read(Lease),
            RefreshShare = reader.Read(RefreshShare),
            Tenants = reader.Read(Tenants),
            Users = reader.Read(Users),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
