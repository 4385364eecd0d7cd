namespace Loadline.Verdicts;

/// <summary>What the load generator saw of itself over the hold phase. What was not looked at is null, and judges nothing.</summary>
public sealed record GeneratorUse
{
    /// <summary>Mean cores that the process used.</summary>
    public double? CpuCores { get; init; }

    /// <summary>Cores that it may use: the smaller of its affinity and its control group's quota.</summary>
    public double? CpuShare { get; init; }

    /// <summary>The share of the time in which garbage collection held all threads, 0–1.</summary>
    public double? GcPauses { get; init; }

    /// <summary>The share of the time in which the process did not run although it was due to: stopped, starved or suspended for a quarter of a second and more; 0–1.</summary>
    public double? Stalls { get; init; }

    /// <summary>The longest such stall, in seconds.</summary>
    public double LongestStall { get; init; }

    /// <summary>Arrivals that the schedule offered; 0 for a closed population.</summary>
    public long Offered { get; init; }

    /// <summary>Arrivals that were not started because the generator had no room for them.</summary>
    public long Dropped { get; init; }

    /// <summary>Exchanges in flight, sampled; null without samples.</summary>
    public Concurrency? Concurrency { get; init; }

    /// <summary>How late the same generator sent while it was idle, at the 99th percentile, in seconds; 0 when it was not calibrated.</summary>
    public double IdleLag { get; init; }
}

/// <summary>A sampled number of exchanges in flight.</summary>
/// <param name="Mean">Its mean.</param>
/// <param name="StandardError">Of the mean, by batch means: neighbouring samples depend on each other.</param>
/// <param name="Samples">How many samples.</param>
public sealed record Concurrency(double Mean, double StandardError, int Samples)
{
    private const int Batches = 10;

    /// <summary>Sums samples up; null with fewer than two a batch.</summary>
    public static Concurrency? Of(IReadOnlyList<int> samples)
    {
        if (samples.Count < 2 * Batches)
            return null;
        var size = samples.Count / Batches;
        var means = Enumerable.Range(0, Batches).Select(batch => samples.Skip(batch * size).Take(size).Average()).ToList();
        var grand = means.Average();
        var variance = means.Sum(mean => (mean - grand) * (mean - grand)) / (Batches - 1);
        return new(samples.Average(), Math.Sqrt(variance / Batches), samples.Count);
    }
}
