namespace Loadline.Probes;

/// <summary>
/// Looks at several processes in step and sums each up over a window: mean cores, and memory as the window began and ended (medians of its first and last
/// tenth, so that a single garbage collection doesn't decide). A process that is restarted goes on under its name. Keeps at most <see cref="MaxSamples"/>
/// looks per name: past them every second one is dropped.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class ProcessSeries(TimeProvider time) : IDisposable
{
    /// <summary>The most looks kept per name.</summary>
    public const int MaxSamples = 7200;

    private readonly List<Series> _series = [];
    private int _stride = 1;
    private int _looks;

    /// <summary>Looks at each process now. A process that has ended is left out.</summary>
    /// <param name="at">Seconds since the run's start.</param>
    /// <param name="processes">Which: a new name begins a series, a new id under a name goes on with it.</param>
    public IReadOnlyDictionary<string, ProcessSample> Look(double at, IEnumerable<WatchedProcess> processes)
    {
        Follow(processes);
        var now = new Dictionary<string, ProcessSample>(_series.Count);
        var keep = _looks++ % _stride == 0;
        foreach (var series in _series)
        {
            if (series.Probe?.Sample() is not { } sample)
                continue;
            now[series.Name] = sample;
            if (keep)
                series.Samples.Add((at, sample));
        }

        if (_series.Any(s => s.Samples.Count >= MaxSamples))
            Thin();
        return now;
    }

    /// <summary>Sums each process up over a window of seconds since the run's start; processes without a look in it are left out.</summary>
    public IReadOnlyList<ProcessUse> Over(double start, double end)
    {
        var uses = new List<ProcessUse>();
        foreach (var series in _series)
        {
            var inside = series.Samples.Where(s => s.At >= start && s.At <= end).Select(s => s.Sample).ToArray();
            if (inside.Length == 0)
                continue;
            var tenth = Math.Max(1, inside.Length / 10);
            uses.Add(new ProcessUse(
                series.Name, inside.Average(s => s.CpuCores), Median(inside[..tenth]), Median(inside[^tenth..]), inside.Max(s => s.MemoryBytes)));
        }

        return uses;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var series in _series)
            series.Probe?.Dispose();
    }

    private void Follow(IEnumerable<WatchedProcess> processes)
    {
        foreach (var process in processes)
        {
            var series = _series.Find(s => s.Name == process.Name);
            if (series is null)
                _series.Add(series = new Series(process.Name));
            if (series.Probe?.ProcessId == process.Id)
                continue;
            series.Probe?.Dispose();
            series.Probe = ProcessProbe.TryOpen(process, time);
        }
    }

    private void Thin()
    {
        _stride *= 2;
        foreach (var series in _series)
            for (var i = series.Samples.Count - 1; i >= 0; i -= 2)
                series.Samples.RemoveAt(i);
    }

    private static long Median(ProcessSample[] samples)
    {
        var sorted = samples.Select(s => s.MemoryBytes).Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private sealed class Series(string name)
    {
        public string Name { get; } = name;

        public ProcessProbe? Probe { get; set; }

        public List<(double At, ProcessSample Sample)> Samples { get; } = [];
    }
}

/// <summary>A process over a window.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="CpuCores">Mean cores used.</param>
/// <param name="MemoryStartBytes">Resident bytes as the window began.</param>
/// <param name="MemoryEndBytes">Resident bytes as it ended.</param>
/// <param name="MemoryPeakBytes">The most seen.</param>
public sealed record ProcessUse(string Name, double CpuCores, long MemoryStartBytes, long MemoryEndBytes, long MemoryPeakBytes);
