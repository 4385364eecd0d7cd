using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Loadline.Faults;
using Loadline.Plans;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Users;
using Loadline.Verdicts;
using Loadline.Verdicts.Recovery;

namespace Loadline.Runs;

/// <summary>The parts of a <see cref="RunSummary"/> that don't depend on what was measured.</summary>
internal static class RunSummaries
{
    private const int MostReasons = 5;

    public static string LoadlineVersion { get; } =
        typeof(RunSummaries).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>The objectives that could be judged, and whether they hold.</summary>
    public static IReadOnlyList<(string Objective, bool Holds)> Holding(IReadOnlyList<ObjectiveSummary> objectives) =>
        [.. objectives.Where(objective => objective.Result != RunningJudgement.Pending && objective.Result != Result.Invalid.Word()).Select(objective => (objective.Text, objective.Result == Result.Pass.Word()))];

    public static PlanSummary Of(RunRequest request)
    {
        var plan = request.Plan;
        return new PlanSummary(
            plan.RunName, plan.Purpose, request.Address is null ? plan.Target : request.Profile.Name, plan.Seed, plan.Load.Users,
            plan.Load.Duration.TotalSeconds, plan.TimeScale, plan.Settings, plan.Load.Mix, request.CommandLine)
        { Load = Load(plan) };
    }

    /// <summary>Faults as planned, with the names that their leases will have.</summary>
    public static IReadOnlyList<PlannedFault> Planned(IReadOnlyList<PlanFault> faults) =>
        [.. faults.Zip(FaultTimeline.IdsOf(faults), (fault, id) => new PlannedFault(id, fault.Name, FaultText.Of(fault), fault.At.TotalSeconds, fault.End.TotalSeconds))];

    /// <summary>A plan's load in a few words.</summary>
    public static string Load(Plan plan) => plan.Scenarios is [var only]
        ? LoadExplanation.Brief(only.Load)
        : string.Join("; ", plan.Scenarios.Select(scenario => $"{scenario.Name}: {LoadExplanation.Brief(scenario.Load)}"));

    public static IReadOnlyList<ScenarioSummary> Scenarios(Plan plan, UserPopulation population) =>
        [.. plan.Scenarios.Zip(population.ScenarioGauges, (scenario, of) => new ScenarioSummary(
            scenario.Name, LoadExplanation.Brief(scenario.Load), scenario.Tags, scenario.Start.TotalSeconds, scenario.End.TotalSeconds,
            of.Gauges.Sent, of.Gauges.LateByOneMillisecond, of.Gauges.LateByTenMilliseconds,
            scenario.Load.Arrivals is null ? null : new ArrivalSummary(
                of.Gauges.Arrivals, of.Gauges.ArrivalsSent, of.Gauges.ArrivalsDropped, of.Gauges.ArrivalsWaited, of.Gauges.LongestWait.TotalSeconds)))];

    /// <summary>What is worth a note about open loads: arrivals that waited or were dropped.</summary>
    public static IEnumerable<string> ArrivalNotes(IReadOnlyList<ScenarioSummary> scenarios)
    {
        foreach (var scenario in scenarios)
        {
            if (scenario.Arrivals is not { } arrivals)
                continue;
            var of = scenarios.Count == 1 ? "" : $" of '{scenario.Name}'";
            if (arrivals.Dropped > 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"{arrivals.Dropped} of {arrivals.Offered} arrivals{of} were dropped: more waited for a user than waiting-at-most, or the load was over. Nobody answered them, and no response time has them.");
            if (arrivals.Waited > 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"{arrivals.Waited} of {arrivals.Offered} arrivals{of} waited for one of the users (users-at-most), up to {arrivals.LongestWaitSeconds:0.##} s; their response times have that wait in them.");
        }
    }

    public static IReadOnlyList<FaultSummary> Faults(IReadOnlyList<FaultLease> leases, IReadOnlyList<FaultFigures> figures)
    {
        var left = new Queue<FaultFigures>(figures);
        return [.. leases.Select(lease =>
        {
            var of = lease.Start is null ? null : left.Dequeue();
            var notes = new List<string>();
            if (lease.Problem is { } problem)
                notes.Add(problem);
            if (lease.Stopped)
                notes.Add("it was stopped early");
            if (of is not null)
                foreach (var (name, figure) in new[] { ("breaker.trigger", of.Trigger), ("recovery", of.Recovery), ("queue.drain", of.Drain) })
                    if ((figure.Failed ?? figure.Unknown) is { } why)
                        notes.Add($"{name}: {why}");
            return new FaultSummary(lease.Fault.Name, FaultText.Of(lease.Fault), of?.Start, of?.End, of?.Trigger.Seconds, of?.Recovery.Seconds, of?.Drain.Seconds, notes);
        })];
    }

    /// <summary>Pauses in seconds.</summary>
    public static IReadOnlyList<PauseSummary> Pauses(IEnumerable<RunSpan> pauses) => [.. pauses.Select(pause => new PauseSummary(pause.Start / 1e9, pause.End / 1e9))];

    /// <summary>What is worth a note about looks at the target from inside: those that failed, and why.</summary>
    public static IEnumerable<string> InsideNotes(IEnumerable<InsidePoint> looks)
    {
        var asked = 0;
        var reasons = new Dictionary<string, int>();
        foreach (var look in looks)
        {
            asked += look.Asked;
            foreach (var (where, why) in look.Failed ?? new Dictionary<string, string>())
                reasons[$"{where}: {why}"] = reasons.GetValueOrDefault($"{where}: {why}") + 1;
        }
        if (reasons.Count > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"{reasons.Values.Sum()} of {asked} looks at the target from inside failed ({string.Join("; ", reasons.OrderByDescending(reason => reason.Value).Take(MostReasons).Select(reason => $"{reason.Key} × {reason.Value}"))}); its metrics are of the others.");
    }

    public static EnvironmentSummary Environment(IReadOnlyList<ProcessUse> processes, Calibration? calibration) => new(
        RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription, System.Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        [.. processes.Select(p => new ProcessSummary(p.Name, Math.Round(p.CpuCores, 3), p.MemoryStartBytes, p.MemoryEndBytes, p.MemoryPeakBytes))],
        calibration is null ? null : new CalibrationSummary(Math.Round(calibration.RequestsPerSecond, 1), calibration.ServiceFloor, calibration.IdleLag));

    public static IReadOnlyList<PhaseSummary> Phases(PhaseTimes times, long endedAt)
    {
        var phases = new List<PhaseSummary>();
        foreach (var (name, from, to) in new[] { ("up", 0L, times.HoldStart), ("hold", times.HoldStart, times.HoldEnd), ("down", times.HoldEnd, times.End) })
            if (Math.Min(to, endedAt) > from)
                phases.Add(new PhaseSummary(name, from / 1e9, Math.Min(to, endedAt) / 1e9));
        return phases;
    }

    /// <summary>What is worth a note about memory: growth over the hold phase, in words. Over a few minutes every process still fills its pools, and it says nothing.</summary>
    public static IEnumerable<string> MemoryNotes(IReadOnlyList<ProcessUse> processes, TimeSpan hold) =>
        from p in processes
        let growth = (double)(p.MemoryEndBytes - p.MemoryStartBytes) / Math.Max(1, p.MemoryStartBytes)
        where growth > 0.25 && hold >= TimeSpan.FromMinutes(10)
        select string.Create(CultureInfo.InvariantCulture, $"Memory of '{p.Name}' grew by {growth:0%} over the hold phase.");
}
