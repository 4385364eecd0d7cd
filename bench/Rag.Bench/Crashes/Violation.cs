namespace Rag.Bench.Crashes;

/// <summary>What a system must never do.</summary>
internal enum ViolationKind
{
    /// <summary>What was acknowledged is not there, or can't be found.</summary>
    Lost,

    /// <summary>Something of a version that was replaced is still found.</summary>
    Stale,

    /// <summary>A chunk is found, or counted, more than once.</summary>
    Duplicate,

    /// <summary>What was deleted is there again.</summary>
    Returned,

    /// <summary>A version is not the one after the last, or less than one that was seen before.</summary>
    WrongVersion,

    /// <summary>A document was given up on.</summary>
    Failed,

    /// <summary>A job was done more than once while nothing had failed.</summary>
    DoneTwice,

    /// <summary>After all was well again, work was not finished within the time allowed, or a part didn't answer.</summary>
    Stuck,
}

/// <summary>One breach.</summary>
internal sealed record Violation(ViolationKind Kind, string What);

/// <summary>Collects breaches; safe for many threads.</summary>
internal sealed class Violations
{
    private const int Kept = 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<ViolationKind, int> _counts = [];
    private readonly List<Violation> _first = [];

    public bool Any
    {
        get
        {
            lock (_lock)
                return _counts.Count > 0;
        }
    }

    /// <summary>How many of each kind.</summary>
    public IReadOnlyDictionary<ViolationKind, int> Counts
    {
        get
        {
            lock (_lock)
                return new Dictionary<ViolationKind, int>(_counts);
        }
    }

    /// <summary>The first ones, in words.</summary>
    public IReadOnlyList<Violation> First
    {
        get
        {
            lock (_lock)
                return [.. _first];
        }
    }

    public void Add(ViolationKind kind, string what)
    {
        lock (_lock)
        {
            _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            if (_first.Count < Kept)
                _first.Add(new Violation(kind, what));
        }
    }
}
