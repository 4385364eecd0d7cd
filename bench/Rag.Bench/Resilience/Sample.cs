namespace Rag.Bench.Resilience;

/// <summary>How a request ended.</summary>
internal enum Ending
{
    /// <summary>Answered in full.</summary>
    Ok,

    /// <summary>Answered, and the answer says what was missing.</summary>
    Degraded,

    /// <summary>Refused at once: 429 or 503 with Retry-After.</summary>
    Rejected,

    /// <summary>Any other failure.</summary>
    Failed,

    /// <summary>The user gave up.</summary>
    TimedOut,
}

/// <summary>One request. Times are seconds since the measurement began.</summary>
/// <param name="Kind">query, search, upload or status.</param>
/// <param name="Start">When it was due.</param>
/// <param name="Took">From then to its end.</param>
/// <param name="End">How it ended.</param>
/// <param name="Note">The degraded codes, or the status and code of the failure.</param>
internal readonly record struct Sample(string Kind, double Start, double Took, Ending End, string Note);

/// <summary>Collects samples from many tasks.</summary>
internal sealed class Samples
{
    private readonly Lock _lock = new();
    private readonly List<Sample> _samples = [];

    public void Add(Sample sample)
    {
        lock (_lock)
            _samples.Add(sample);
    }

    public IReadOnlyList<Sample> All
    {
        get
        {
            lock (_lock)
                return [.. _samples];
        }
    }

    /// <summary>The value that a share of the given values does not exceed; NaN for none.</summary>
    public static double Percentile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
