using System.Collections.Concurrent;
using Loadline.Faults;
using Loadline.Plans;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Users;
using Loadline.Verdicts;

namespace Loadline.Export;

/// <summary>What a load that is going on tells of itself; each is asked when metrics are collected, and must not block.</summary>
public sealed record LoadView
{
    /// <summary>When the load began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Nanoseconds since then.</summary>
    public required Func<long> Now { get; init; }

    /// <summary>The phases.</summary>
    public required PhaseTimes Times { get; init; }

    /// <summary>Users and requests in flight.</summary>
    public required PopulationGauges Gauges { get; init; }

    /// <summary>The recorder's live view.</summary>
    public required Func<LiveSnapshot> Snapshot { get; init; }

    /// <summary>The load generator's standstills.</summary>
    public required GeneratorProbe Generator { get; init; }

    /// <summary>The plan's faults, once their timeline has begun.</summary>
    public required Func<IReadOnlyList<FaultLease>> Faults { get; init; }
}

/// <summary>
/// The metrics of one run. Seconds that are over come from the recorder's thread and are only put down (<see cref="Take"/>); they are summed up when somebody collects, so that the load
/// does not wait for it.
/// </summary>
/// <param name="run">The run's name, the label <c>run</c> of every series.</param>
/// <param name="plan">The plan.</param>
/// <param name="version">Loadline's version.</param>
public sealed class RunMetrics(string run, Plan plan, string version)
{
    // A push or a scrape comes every few seconds; who never comes must not fill the memory.
    private const int MostWaiting = 120;

    private static readonly string[] Phases = ["up", "hold", "down"];

    private readonly ConcurrentQueue<IReadOnlyList<LoggedHistogram>> _waiting = new();
    private readonly Lock _gate = new();
    private readonly RunCounters _counters = new();
    private LoadView? _load;
    private IReadOnlyList<(string Objective, bool Holds)> _objectives = [];
    private string? _verdict;

    /// <summary>The run's name.</summary>
    public string Run => run;

    /// <summary>The plan.</summary>
    public Plan Plan => plan;

    /// <summary>The load; null before it begins.</summary>
    internal LoadView? Load => Volatile.Read(ref _load);

    /// <summary>The load begins.</summary>
    public void Begin(LoadView load) => Volatile.Write(ref _load, load);

    /// <summary>Takes in a second that is over; as <see cref="RecorderOptions.SecondIsOver"/> gives it.</summary>
    public void Take(long second, IReadOnlyList<LoggedHistogram> histograms)
    {
        if (histograms.Count == 0)
            return;
        _waiting.Enqueue(histograms);
        if (_waiting.Count > MostWaiting)
            lock (_gate)
                Sum();
    }

    /// <summary>The objectives were judged by the load so far.</summary>
    /// <param name="objectives">Those that could be, and whether they hold.</param>
    public void Judged(IReadOnlyList<(string Objective, bool Holds)> objectives) => Volatile.Write(ref _objectives, objectives);

    /// <summary>The run was judged: what is collected from now on tells of it.</summary>
    /// <param name="verdict">The verdict's word.</param>
    /// <param name="objectives">Objectives that could be judged, and whether they hold.</param>
    public void End(string verdict, IReadOnlyList<(string Objective, bool Holds)> objectives)
    {
        Judged(objectives);
        Volatile.Write(ref _verdict, verdict);
    }

    /// <summary>All series as they are now.</summary>
    internal IReadOnlyList<Series> Collect()
    {
        lock (_gate)
        {
            Sum();
            return [.. All().Select(series => series with { Labels = [.. series.Labels.Append(new("run", run)).OrderBy(label => label.Key, StringComparer.Ordinal)] })];
        }
    }

    private void Sum()
    {
        while (_waiting.TryDequeue(out var histograms))
            _counters.Take(histograms);
    }

    private IEnumerable<Series> All()
    {
        yield return new(RunFamilies.Info, [new("plan", plan.RunName), new("target", plan.Target), new("version", version)], 1);
        yield return new(RunFamilies.PlannedUsers, [], plan.Load.Users);
        yield return new(RunFamilies.Cpu, [], Environment.CpuUsage.TotalTime.TotalSeconds);
        yield return new(RunFamilies.Memory, [], Environment.WorkingSet);
        yield return new(RunFamilies.GcPaused, [], GC.GetTotalPauseDuration().TotalSeconds);
        if (Load is not { } load)
            yield break;
        foreach (var series in OfLoad(load).Concat(_counters.Now()).Concat(Objectives()))
            yield return series;
        if (Volatile.Read(ref _verdict) is not { } verdict)
            yield break;
        foreach (var word in Enum.GetValues<Result>().Select(result => result.Word()))
            yield return new(RunFamilies.Verdict, [new("verdict", word)], word == verdict ? 1 : 0);
    }

    private IEnumerable<Series> OfLoad(LoadView load)
    {
        var now = load.Now();
        yield return new(RunFamilies.Started, [], load.StartedAt.ToUnixTimeMilliseconds() / 1000.0);
        yield return new(RunFamilies.Users, [], load.Gauges.ActiveUsers);
        yield return new(RunFamilies.InFlight, [], load.Gauges.InFlight);
        yield return new(RunFamilies.StoodStill, [], load.Generator.StoodStill);
        for (var phase = 0; phase < Phases.Length; phase++)
            yield return new(RunFamilies.Phase, [new("phase", Phases[phase])], (int)load.Times.At(now) == phase && Volatile.Read(ref _verdict) is null ? 1 : 0);
        foreach (var operation in load.Snapshot().Operations)
            yield return new(RunFamilies.Tokens, [new("operation", operation.Name)], operation.Total.Tokens);
        var leases = load.Faults();
        foreach (var fault in plan.Faults.GroupBy(fault => (fault.Name, fault.Kind)))
            yield return new(
                RunFamilies.Fault, [new("fault", fault.Key.Name), new("kind", fault.Key.Kind.ToString().ToLowerInvariant())],
                leases.Any(lease => lease.Fault.Name == fault.Key.Name && lease is { Start: not null, End: null }) ? 1 : 0);
    }

    private IEnumerable<Series> Objectives() =>
        Volatile.Read(ref _objectives).DistinctBy(objective => objective.Objective).Select(objective => new Series(RunFamilies.Objective, [new("objective", objective.Objective)], objective.Holds ? 1 : 0));
}
