namespace Rag.Engines.Postgres.Keywords;

/// <summary>
/// A tenant's term as a number: FNV-1a over both, mixed as in SplitMix64. The tenant is in it, so that an inverted index holds no list of two tenants, and a
/// small tenant's search doesn't pass a large one's chunks. Two terms of one tenant share a number once in 2⁶⁴ pairs.
/// </summary>
internal static class TermNumber
{
    public static long Of(string tenant, string term)
    {
        var hash = Add(Add(14695981039346656037UL, tenant) * 1099511628211UL, term) + 0x9E3779B97F4A7C15UL;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return (long)(hash ^ (hash >> 31));
    }

    private static ulong Add(ulong hash, string text)
    {
        foreach (var c in text)
            hash = (hash ^ c) * 1099511628211UL;
        return hash;
    }
}
