using Loadline.Plans;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Users;
using Loadline.Verdicts;

namespace Loadline.Runs;

/// <summary>
/// Judges a load while it goes on, by what is in memory: the hold phase so far, its warm-up included. Objectives over windows, spans, scenarios, faults and what the target
/// tells of itself need the run folder, and are <see cref="Pending"/> until the run is over.
/// </summary>
internal sealed class RunningJudgement(Plan plan, Baseline? baseline, Recorder recorder, ProcessSeries processes, GeneratorProbe generator, PopulationGauges gauges, AbortWatch aborts, Calibration? calibration)
{
    /// <summary>The result of an objective that can't be judged yet.</summary>
    public const string Pending = "PENDING";

    private readonly IReadOnlyList<ObjectiveLine> _objectives = [.. plan.Objectives.Select(objective => Judge.Understand(objective, plan.Context()))];
    private readonly double _share = Probes.CpuShare.Read();

    /// <summary>The objectives and the load generator's rules as of the last whole second.</summary>
    public (IReadOnlyList<ObjectiveSummary> Objectives, IReadOnlyList<GeneratorSummary> Generator) Look() => recorder.Look(recorded =>
    {
        var evidence = new Evidence(recorded) { Context = plan.Context(), Baseline = baseline, Aborts = aborts };
        IReadOnlyList<ObjectiveSummary> objectives = [.. _objectives.Select(line => Judged(line, evidence))];
        return recorded.EndedAt <= recorded.Times.HoldStart ? (objectives, []) : (objectives, Generator(recorded));
    });

    private static ObjectiveSummary Judged(ObjectiveLine line, Evidence evidence)
    {
        if (line.Demand != Demand.AbortWhen && (line.Metric is ToldMetric or FaultMetric || line.Scope is not { Over: null, Scenarios: null, During: null }))
            return new ObjectiveSummary(line.Text, line.Name, null, line.Limit is Limit.Fixed written ? written.Value : null, line.Metric.Unit.Symbol, 0, Pending, "judged when the run is over");
        var verdict = Judge.Objective(line, evidence);
        return new ObjectiveSummary(
            line.Text, line.Name, verdict.Value, verdict.Limit, verdict.Unit, verdict.Samples, verdict.Result == Result.Invalid ? Pending : verdict.Result.Word(), verdict.Reason);
    }

    // Little's law holds over long stretches only, and how late each of several scenarios sends is in the run folder: both are left to the end.
    private List<GeneratorSummary> Generator(Recorded recorded)
    {
        var use = generator.AddTo(new GeneratorUse
        {
            Offered = gauges.Arrivals,
            Dropped = gauges.ArrivalsDropped,
            CpuCores = processes.Over(recorded.Times.HoldStart / 1e9, recorded.EndedAt / 1e9).FirstOrDefault(process => process.Name == "loadline")?.CpuCores,
            CpuShare = _share,
            IdleLag = calibration?.IdleLag ?? 0,
        }) with
        { Concurrency = null };
        IReadOnlyList<ScenarioSends> sends = plan.Scenarios is [var only] ? [new ScenarioSends(null, only.Think(), recorded.Hold.All())] : [];
        return [.. GeneratorRules.Check(recorded.Hold, use, sends).Select(check => new GeneratorSummary(check.Name, check.Value, check.Limit, check.Unit, check.Broken is null))];
    }
}
