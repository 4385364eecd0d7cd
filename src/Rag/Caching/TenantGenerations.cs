namespace Rag.Caching;

/// <summary>
/// One number per tenant that only grows. Numbers of different runs of the service never meet: they start at the clock, which is faster than any caller.
/// Not safe for concurrent use; its owner locks.
/// </summary>
internal sealed class TenantGenerations(long start, int mostTenants)
{
    private readonly Dictionary<string, long> _generations = new(StringComparer.Ordinal);
    private long _latest = start;
    private long _others = start;

    /// <summary>Tenants remembered one by one.</summary>
    public int Count => _generations.Count;

    /// <summary>The tenant's number now.</summary>
    public long Of(string tenant) => _generations.GetValueOrDefault(tenant, _others);

    /// <summary>Moves one on.</summary>
    public void Bump(string tenant)
    {
        _generations[tenant] = ++_latest;
        if (_generations.Count > mostTenants)
            BumpAll();
    }

    /// <summary>Moves all on; the numbers need not be remembered one by one then.</summary>
    public void BumpAll()
    {
        _generations.Clear();
        _others = ++_latest;
    }
}
