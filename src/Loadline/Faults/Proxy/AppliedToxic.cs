using Loadline.Users;

namespace Loadline.Faults.Proxy;

/// <summary>A toxic in a proxy: its settings, and whom it has met. Whom it meets is drawn from the proxy's seed, its name and the place in the order of coming alone.</summary>
internal sealed class AppliedToxic(long id, Toxic toxic, ulong seed)
{
    private readonly Lock _gate = new();
    private readonly ulong _stream = Hash(toxic.Name);
    private long _seen;
    private long _met;

    /// <summary>Distinguishes it from one of the same name before or after it.</summary>
    internal long Id => id;

    internal Toxic Toxic { get; private set; } = toxic;

    /// <summary>Counts changes of its settings.</summary>
    internal int Version { get; private set; }

    /// <summary>How many connections or requests it has met.</summary>
    internal long Met
    {
        get
        {
            lock (_gate)
                return _met;
        }
    }

    /// <summary>Decides about the next connection or request.</summary>
    internal bool Meets()
    {
        lock (_gate)
        {
            var drawn = new SeededRandom(SeededRandom.Mix(seed, _stream, (ulong)_seen++)).NextDouble();
            if (drawn >= Toxic.Toxicity || (Toxic["first"] is > 0 and var first && _met >= first))
                return false;
            _met++;
            return true;
        }
    }

    /// <summary>The chance of what it draws on one connection.</summary>
    internal SeededRandom Chance(long connection) => new(SeededRandom.Mix(seed ^ _stream, (ulong)connection, 1));

    internal void Change(Toxic toxic)
    {
        lock (_gate)
            (Toxic, Version) = (toxic, Version + 1);
    }

    // FNV-1a: the same on every machine, which string.GetHashCode isn't.
    private static ulong Hash(string name) => name.Aggregate(14695981039346656037UL, (hash, character) => unchecked((hash ^ character) * 1099511628211UL));
}
