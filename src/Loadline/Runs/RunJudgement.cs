using System.Globalization;
using Loadline.Plans;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Verdicts;
using Loadline.Wire;

namespace Loadline.Runs;

/// <summary>Judges a load that is over, and sums it up.</summary>
/// <param name="request">What was run.</param>
/// <param name="baseline">What it is compared with; null for nothing.</param>
/// <param name="calibration">What the load generator can do; null when it was not measured.</param>
internal sealed class RunJudgement(RunRequest request, (Baseline Baseline, RunSummary Summary)? baseline, Calibration? calibration)
{
    // Past four fifths of what a generator can do, what it says of a target is its own state.
    private const double Ability = 0.8;

    /// <summary>A warning when a plan offers more than the load generator can send; null otherwise.</summary>
    public static string? BeyondAbility(Plan plan, Calibration calibration)
    {
        var offered = OfferedRate.Of(plan).PerSecond;
        return offered <= Ability * calibration.RequestsPerSecond ? null : string.Create(CultureInfo.InvariantCulture,
            $"the plan offers about {offered:0} requests/s, and on this machine the load generator can send {calibration.RequestsPerSecond:0} (of which {Ability:0%} are sound); the run will probably be INVALID: give it more cores, or fewer users");
    }

    /// <summary>Judges it.</summary>
    public RunSummary Summarize(LoadResult load)
    {
        var plan = request.Plan;
        var recorded = load.Recorded;
        var phases = RunSummaries.Phases(recorded.Times, recorded.EndedAt);
        var hold = phases.FirstOrDefault(phase => phase.Name == "hold") ?? new PhaseSummary("hold", 0, recorded.EndedAt / 1e9);
        var processes = load.Processes.Over(hold.Start, hold.End);
        var use = load.Generator.AddTo(new GeneratorUse
        {
            Offered = load.Scenarios.Sum(scenario => scenario.Arrivals?.Offered ?? 0),
            Dropped = load.Scenarios.Sum(scenario => scenario.Arrivals?.Dropped ?? 0),
            CpuCores = processes.FirstOrDefault(process => process.Name == "loadline")?.CpuCores,
            CpuShare = CpuShare.Read(),
            IdleLag = calibration?.IdleLag ?? 0,
        });
        var spans = plan.RunSpans();
        var log = new RecordedLog(request.Folder, recorded.Operations, recorded.Times, spans, recorded.EndedAt);
        var warmUp = WarmUp.Find([.. log.Series()], recorded.Times, spans);
        var judged = warmUp is null ? recorded : recorded with { Hold = WithoutWarmUp(log, recorded, warmUp) };
        var scenarios = Scenarios(log, warmUp?.End ?? 0);
        var sends = Sends(judged.Hold, scenarios);
        var context = plan.Context();
        var faults = RunFaults.Figures(load, plan, context, log);
        var evidence = new Evidence(judged) { Context = context, Log = log, Faults = faults, JudgedFrom = warmUp?.End ?? 0, Baseline = baseline?.Baseline, Aborts = load.Aborts };
        var verdict = Judge.Verdict(plan.Objectives, evidence, Health(load, use, sends, warmUp));
        var (told, toldMetrics) = ToldMeasures.Measure(ToldMeasures.Within(log.Inside(), Math.Max(hold.Start, evidence.JudgedFrom), hold.End));
        var summary = new RunSummary
        {
            Id = RunFolder.IdOf(request.Folder),
            LoadlineVersion = RunSummaries.LoadlineVersion,
            Plan = RunSummaries.Of(request),
            Environment = RunSummaries.Environment(processes, calibration) with { Wire = request.WireName ?? Wires.NameOf(request.Profile) },
            StartedAt = load.StartedAt,
            EndedAt = load.StartedAt + TimeSpan.FromTicks(recorded.EndedAt / 100),
            Verdict = verdict.Result.Word(),
            Because = verdict.Because,
            Objectives = [.. verdict.Objectives.Select(o => new ObjectiveSummary(o.Text, o.Metric, o.Value, o.Limit, o.Unit, o.Samples, o.Result.Word(), o.Reason, Of(o.Interval)))],
            Phases = phases,
            Scenarios = load.Scenarios,
            WarmUp = warmUp is null ? null : new WarmUpSummary(hold.Start, warmUp.End, warmUp.Why, warmUp.IsOver),
            Generator = [.. GeneratorRules.Check(recorded.Hold, use, sends).Select(check => new GeneratorSummary(check.Name, check.Value, check.Limit, check.Unit, check.Broken is null))],
            Baseline = baseline?.Baseline.Id,
            Faults = RunSummaries.Faults(load.Faults, faults),
            Pauses = RunSummaries.Pauses(load.Pauses),
            Metrics = Metrics(evidence, scenarios, toldMetrics),
            Inside = [.. told.Select(value => new InsideSummary(value.Metric, value.Selector, value.Unit, value.Min, value.Mean, value.P95, value.Max, value.Samples))],
            Operations = judged.Summaries(),
            Notes = [.. verdict.Notes, .. RunSummaries.InsideNotes(log.Inside()), .. RunSummaries.ArrivalNotes(load.Scenarios), .. RunSummaries.MemoryNotes(processes, TimeSpan.FromSeconds(hold.End - hold.Start))],
        };
        return baseline is { } earlier ? summary with { Notes = [.. summary.Notes, .. Baselines.Differences(earlier.Summary, summary)] } : summary;
    }

    private static PhaseTotals WithoutWarmUp(RecordedLog log, Recorded recorded, WarmUp warmUp)
    {
        var rest = log.Sum(new Selection { FromSecond = warmUp.End });
        // The log has no reasons: those of the whole phase stand for it.
        rest.TakeUnlogged(recorded.Hold);
        return rest;
    }

    // What is judged of each scenario, where a plan has several.
    private Dictionary<string, PhaseTotals> Scenarios(RecordedLog log, long fromSecond) => request.Plan.Scenarios.Count < 2
        ? []
        : request.Plan.Scenarios.ToDictionary(scenario => scenario.Name, scenario => log.Sum(new Selection { Scenarios = [scenario.Name], FromSecond = fromSecond }));

    private IReadOnlyList<ScenarioSends> Sends(PhaseTotals judged, Dictionary<string, PhaseTotals> scenarios) => request.Plan.Scenarios is [var only]
        ? [new ScenarioSends(null, only.Think(), judged.All())]
        : [.. request.Plan.Scenarios.Select(scenario => new ScenarioSends(scenario.Name, scenario.Think(), scenarios[scenario.Name].All()))];

    // Of a plan with several scenarios, each scenario's metrics beside those of all together.
    private static Dictionary<string, MetricSummary> Metrics(Evidence evidence, Dictionary<string, PhaseTotals> scenarios, IReadOnlyDictionary<string, MetricValue> told)
    {
        var metrics = MetricCatalog.Measure(evidence.Recorded).Concat(MetricCatalog.Measure(evidence.Faults)).Concat(told).ToDictionary();
        foreach (var (scenario, totals) in scenarios)
            foreach (var (name, value) in MetricCatalog.Measure(totals, $"scenario:{scenario}"))
                metrics[name] = value;
        return metrics.ToDictionary(metric => metric.Key, metric => new MetricSummary(metric.Value.Value, metric.Value.Unit, metric.Value.Samples, Of(metric.Value.Interval)));
    }

    private static IntervalSummary? Of(Interval95? interval) => interval is null ? null : new IntervalSummary(interval.Low, interval.High);

    private static RunHealth Health(LoadResult load, GeneratorUse use, IReadOnlyList<ScenarioSends> sends, WarmUp? warmUp)
    {
        var health = RunHealth.Assess(load.Recorded, use, sends, load.Aborts.Crossed is not null);
        if (load.Gone is { } gone)
            health = health.And($"'{gone.Name}', a process of the target, ended with exit code {gone.ExitCode} under load");
        if (load.Interrupted)
            health = health.And("the run was interrupted");
        if (load.Pauses.Count > 0)
            health = health.And(string.Create(CultureInfo.InvariantCulture,
                $"the run was paused by hand for {load.Pauses.Sum(pause => pause.End - pause.Start) / 1e9:0.#} s, first at {Clock.Text(load.Pauses[0].Start / 1e9)}: the load was not the plan's"));
        if (load.Withheld > 0)
            health = health.Note($"{load.Withheld} arrivals that were due in a pause were not made.");
        foreach (var problem in RunFaults.Problems(load))
            health = health.And(problem);
        if (warmUp is { IsOver: true })
            health = health.Note($"The first {Seconds(warmUp, load)} s of the hold phase are a warm-up and are not judged: {warmUp.Why}.");
        else if (warmUp is not null)
            health = health.Note($"The load had not settled when a quarter of the hold phase was over; that quarter is not judged, and the rest still changes: {warmUp.Why}. Run longer.");
        if (warmUp?.Failures is { } failures)
            health = health with { Warning = $"the system was not ready for this load at its start: {failures}, and the warm-up is not judged" };
        if (load.Gauges.DroppedAtStop > 0)
            health = health.Note($"{load.Gauges.DroppedAtStop} exchanges were in hand when the run was stopped; they are counted nowhere.");
        if (load.SentAgain > 0)
            health = health.Note($"{load.SentAgain} requests were sent a second time, because the target had closed their connections while they were idle; each is one exchange, timed from its first sending.");
        if (load.Gauges.Unwatched > 0)
            health = health.Note($"{load.Gauges.Unwatched} uploads that were to be watched were not, because too many were already; 'searchable' rests on the others.");
        return health;
    }

    private static string Seconds(WarmUp warmUp, LoadResult load) =>
        (warmUp.End - load.Recorded.Times.HoldStart / 1e9).ToString("0.#", CultureInfo.InvariantCulture);
}
