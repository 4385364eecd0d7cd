using System.Globalization;
using HdrHistogram;
using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Verdicts;

/// <summary>One look at the load generator: what was measured, what is allowed.</summary>
/// <param name="Name">What it is, for reports.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Limit">The most that is allowed.</param>
/// <param name="Unit"><c>s</c>, <c>%</c> or <c>cores</c>.</param>
/// <param name="Broken">Why the run can't be judged, a clause; null when the limit is kept.</param>
public sealed record GeneratorCheck(string Name, double Value, double Limit, string Unit, string? Broken);

/// <summary>
/// Whether the load generator did what the plan asked. A generator that is overloaded reports its own state as the target's, and a closed population that is late
/// offers less load than the plan says: then the run is INVALID. docs/truth.md gives each rule's reason.
/// </summary>
public static class GeneratorRules
{
    private const double LeastLag = 0.001, MostLag = 0.1, LagShare = 0.02, IdleLags = 3, MostIdleLag = 0.02;
    private const double DroppedShare = 0.001, CpuShare = 0.8, PauseShare = 0.01, LittleShare = 0.05, LittleErrors = 3, LittleTail = 20;

    /// <summary>The limit on how late a scenario's requests may be sent, at the 99th percentile, in seconds.</summary>
    /// <param name="sends">What its users sent.</param>
    /// <param name="idleLag">How late the same generator sent while it was idle, in seconds.</param>
    public static double LagLimit(ScenarioSends sends, double idleLag)
    {
        // A user's turn: it thinks, sends, and waits for the answer. For arrivals on a schedule there is no thinking.
        var turn = sends.Think.TotalSeconds + (sends.Sent.AnsweredResponse.Seconds(50) ?? 0);
        // No generator can be asked for more than its clock gives at rest.
        var floor = Math.Max(LeastLag, IdleLags * Math.Min(idleLag, MostIdleLag));
        return Math.Clamp(LagShare * turn, floor, Math.Max(floor, MostLag));
    }

    /// <summary>Every rule that can be looked at.</summary>
    /// <param name="hold">The hold phase, with its warm-up.</param>
    /// <param name="use">What the generator saw of itself.</param>
    /// <param name="sends">What is judged of it, scenario by scenario: a request that is not judged may have been late. Null for all of it, as one scenario of arrivals.</param>
    public static IReadOnlyList<GeneratorCheck> Check(PhaseTotals hold, GeneratorUse use, IReadOnlyList<ScenarioSends>? sends = null)
    {
        var all = hold.All();
        return [.. new[] { Lag(sends ?? [new ScenarioSends(null, TimeSpan.Zero, all)], use), Dropped(use), Cpu(use), Pauses(use), Stalls(use), Little(hold, all, use) }.OfType<GeneratorCheck>()];
    }

    // Of several scenarios the one that is nearest to its limit, or furthest past it.
    private static GeneratorCheck? Lag(IReadOnlyList<ScenarioSends> sends, GeneratorUse use)
    {
        GeneratorCheck? worst = null;
        foreach (var scenario in sends)
        {
            if (scenario.Sent.Lateness.Seconds(99) is not { } lag)
                continue;
            var limit = LagLimit(scenario, use.IdleLag);
            if (worst is not null && lag / limit <= worst.Value / worst.Limit)
                continue;
            var (name, of) = scenario.Scenario is { } named ? ($"send lag of {named}, P99", $" of {named}") : ("send lag, P99", "");
            worst = new(name, lag, limit, "s", lag <= limit ? null
                : $"the load generator could not keep up: one request in a hundred{of} was sent {Time(lag)} late or later (limit {Time(limit)}); give it more processor time or fewer users");
        }
        return worst;
    }

    private static GeneratorCheck? Dropped(GeneratorUse use)
    {
        if (use.Offered == 0)
            return null;
        var share = (double)use.Dropped / use.Offered;
        return new("dropped arrivals", share * 100, DroppedShare * 100, "%", share <= DroppedShare ? null
            : string.Create(CultureInfo.InvariantCulture, $"the load generator dropped {share:0.##%} of the {use.Offered} arrivals that were due (limit {DroppedShare:0.#%}); allow more in flight, or offer less"));
    }

    private static GeneratorCheck? Cpu(GeneratorUse use)
    {
        if (use is not { CpuCores: { } cores, CpuShare: > 0 and var share })
            return null;
        return new("processor time", cores, CpuShare * share, "cores", cores <= CpuShare * share ? null
            : string.Create(CultureInfo.InvariantCulture, $"the load generator used {cores:0.##} of the {share:0.##} cores that it may use (limit {CpuShare:0%}); give it more, or fewer users"));
    }

    private static GeneratorCheck? Pauses(GeneratorUse use) => use.GcPauses is not { } share ? null
        : new("garbage collection pauses", share * 100, PauseShare * 100, "%", share <= PauseShare ? null
            : string.Create(CultureInfo.InvariantCulture, $"the load generator's garbage collection held it for {share:0.##%} of the time (limit {PauseShare:0%}); give it more memory, or fewer users"));

    private static GeneratorCheck? Stalls(GeneratorUse use) => use.Stalls is not { } share ? null
        : new("standstill", share * 100, PauseShare * 100, "%", share <= PauseShare ? null
            : string.Create(CultureInfo.InvariantCulture, $"the load generator stood still for {share:0.##%} of the time, {use.LongestStall:0.##} s at the longest (limit {PauseShare:0%}): it was stopped, or its machine has no processor time to spare"));

    // Little's law: exchanges in flight = exchanges a second × seconds in flight, whatever the distributions. A difference says that something was not counted or
    // not timed. J. D. C. Little, A proof for the queuing formula L = λW, Operations Research 9 (1961).
    private static GeneratorCheck? Little(PhaseTotals hold, OperationTotals all, GeneratorUse use)
    {
        if (use.Concurrency is not { Mean: > 0 } sampled || hold.Seconds <= 0)
            return null;
        double seconds = 0, longest = 0;
        foreach (var outcome in Enum.GetValues<Outcome>())
            if (all.Service(outcome) is { TotalCount: > 0 } service)
            {
                seconds += service.TotalCount * service.GetMean() / 1e6;
                longest = Math.Max(longest, service.GetValueAtPercentile(99) / 1e6);
            }
        var expected = seconds / hold.Seconds;
        // What was in flight as the phase began or ended is counted on one side only, and a few samples say little.
        if (expected <= 0 || longest * LittleTail > hold.Seconds || LittleErrors * sampled.StandardError > LittleShare * expected)
            return null;
        var off = Math.Abs(sampled.Mean - expected) / expected;
        return new("Little's law, difference", off * 100, LittleShare * 100, "%", off <= LittleShare ? null
            : string.Create(CultureInfo.InvariantCulture, $"the figures contradict each other: {sampled.Mean:0.#} exchanges were in flight on average, and throughput × time makes it {expected:0.#} (limit {LittleShare:0%} apart); the load generator did not see all of its exchanges as they were"));
    }

    private static string Time(double seconds) => MetricUnit.Seconds.Text(seconds);
}
