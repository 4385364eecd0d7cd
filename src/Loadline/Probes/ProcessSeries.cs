namespace Loadline.Probes;

/// <summary>
/// Looks at several processes in step and sums each up over a window: mean cores, and memory as the window began and ended (medians of its first and last
/// tenth, so that a single garbage collection doesn't decide). Keeps at most <see cref="MaxSamples"/> looks per process: past them every second one is dropped.
/// </summary>
public sealed class ProcessSeries : IDisposable
{
    /// <summary>The most looks kept per process.</summary>
    public const int MaxSamples = 7200;

    private readonly List<(ProcessProbe Probe, List<(double At, ProcessSample Sample)> Samples)> _series;
    private int _stride = 1;
    private int _looks;

    /// <summary>Watches processes; disposes their probes with itself.</summary>
    public ProcessSeries(IEnumerable<ProcessProbe> probes) => _series = [.. probes.Select(p => (p, new List<(double, ProcessSample)>()))];

    /// <summary>Looks at each process now. A process that has ended is left out.</summary>
    /// <param name="at">Seconds since the run's start.</param>
    public IReadOnlyDictionary<string, ProcessSample> Look(double at)
    {
        var now = new Dictionary<string, ProcessSample>(_series.Count);
        var keep = _looks++ % _stride == 0;
        foreach (var (probe, samples) in _series)
        {
            if (probe.Sample() is not { } sample)
                continue;
            now[probe.Name] = sample;
            if (keep)
                samples.Add((at, sample));
        }

        if (_series.Any(s => s.Samples.Count >= MaxSamples))
            Thin();
        return now;
    }

    /// <summary>Sums each process up over a window of seconds since the run's start; processes without a look in it are left out.</summary>
    public IReadOnlyList<ProcessUse> Over(double start, double end)
    {
        var uses = new List<ProcessUse>();
        foreach (var (probe, samples) in _series)
        {
            var inside = samples.Where(s => s.At >= start && s.At <= end).Select(s => s.Sample).ToArray();
            if (inside.Length == 0)
                continue;
            var tenth = Math.Max(1, inside.Length / 10);
            uses.Add(new ProcessUse(
                probe.Name, inside.Average(s => s.CpuCores), Median(inside[..tenth]), Median(inside[^tenth..]), inside.Max(s => s.MemoryBytes)));
        }

        return uses;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (probe, _) in _series)
            probe.Dispose();
    }

    private void Thin()
    {
        _stride *= 2;
        foreach (var (_, samples) in _series)
            for (var i = samples.Count - 1; i >= 0; i -= 2)
                samples.RemoveAt(i);
    }

    private static long Median(ProcessSample[] samples)
    {
        var sorted = samples.Select(s => s.MemoryBytes).Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}

/// <summary>A process over a window.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="CpuCores">Mean cores used.</param>
/// <param name="MemoryStartBytes">Resident bytes as the window began.</param>
/// <param name="MemoryEndBytes">Resident bytes as it ended.</param>
/// <param name="MemoryPeakBytes">The most seen.</param>
public sealed record ProcessUse(string Name, double CpuCores, long MemoryStartBytes, long MemoryEndBytes, long MemoryPeakBytes);
