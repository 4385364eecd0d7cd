using System.Globalization;
using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>Whether a run's figures can be believed at all, apart from what they say.</summary>
/// <param name="Invalid">Reasons for which the run can't be judged, each a clause such as "the run was cut short after 12 s of 60 s".</param>
/// <param name="Notes">What was noticed and doesn't change the verdict.</param>
public sealed record RunHealth(IReadOnlyList<string> Invalid, IReadOnlyList<string> Notes)
{
    /// <summary>Nothing is the matter.</summary>
    public static RunHealth Good { get; } = new([], []);

    /// <summary>Why a run that passes should be looked at all the same: PASS becomes WARN. A sentence; null for nothing.</summary>
    public string? Warning { get; init; }

    /// <summary>What the recording shows, and what the load generator saw of itself: a run cut short, a hold phase without an exchange, an overloaded generator.</summary>
    /// <param name="recorded">What was recorded, the hold phase with its warm-up.</param>
    /// <param name="use">What the load generator saw of itself; null when nothing watched it.</param>
    /// <param name="sends">What is judged of it, scenario by scenario, as <see cref="GeneratorRules.Check"/> takes it.</param>
    /// <param name="aborted">Whether the plan's own rule ended the run: then it is not cut short.</param>
    public static RunHealth Assess(Recorded recorded, GeneratorUse? use = null, IReadOnlyList<ScenarioSends>? sends = null, bool aborted = false)
    {
        var health = Good;
        var planned = (recorded.Times.HoldEnd - recorded.Times.HoldStart) / 1e9;
        if (recorded.EndedAt < recorded.Times.HoldEnd && !aborted)
            health = health.And(string.Create(CultureInfo.InvariantCulture, $"the run was cut short: {recorded.Hold.Seconds:0.#} s of the hold phase's {planned:0.#} s"));
        if (recorded.Hold.All().Counts.Total == 0)
            return aborted ? health : health.And("no exchange was due in the hold phase");
        foreach (var check in GeneratorRules.Check(recorded.Hold, use ?? new GeneratorUse(), sends))
            if (check.Broken is { } broken)
                health = health.And(broken);
        return health;
    }

    /// <summary>With one more reason for which the run can't be judged.</summary>
    public RunHealth And(string invalid) => this with { Invalid = [.. Invalid, invalid] };

    /// <summary>With one more note.</summary>
    public RunHealth Note(string note) => this with { Notes = [.. Notes, note] };
}
