using System.Globalization;
using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>Whether a run's figures can be believed at all, apart from what they say.</summary>
/// <param name="Invalid">Reasons for which the run can't be judged, each a clause such as "the run was cut short after 12 s of 60 s".</param>
/// <param name="Notes">What was noticed and doesn't change the verdict.</param>
public sealed record RunHealth(IReadOnlyList<string> Invalid, IReadOnlyList<string> Notes)
{
    /// <summary>
    /// How late the load generator may send, at the 99th percentile. Response times run from the due time, so its lateness is in them: past this, what they
    /// tell is the generator's state and not the target's.
    /// </summary>
    public static readonly TimeSpan LatenessLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>Nothing is the matter.</summary>
    public static RunHealth Good { get; } = new([], []);

    /// <summary>What the recording itself shows: a run cut short, a hold phase without an exchange, a load generator that could not keep up.</summary>
    public static RunHealth Assess(Recorded recorded)
    {
        var health = Good;
        var planned = (recorded.Times.HoldEnd - recorded.Times.HoldStart) / 1e9;
        if (recorded.EndedAt < recorded.Times.HoldEnd)
            health = health.And(string.Create(CultureInfo.InvariantCulture, $"the run was cut short: {recorded.Hold.Seconds:0.#} s of the hold phase's {planned:0.#} s"));
        var all = recorded.Hold.All();
        if (all.Counts.Total == 0)
            return health.And("no exchange was due in the hold phase");
        if (all.Lateness.Seconds(99) is { } lateness && lateness > LatenessLimit.TotalSeconds)
            health = health.And(string.Create(CultureInfo.InvariantCulture,
                $"the load generator could not keep up: one request in a hundred was sent {lateness:0.##} s late or later (limit {LatenessLimit.TotalSeconds:0.##} s); give it more processor time or fewer users"));
        return health;
    }

    /// <summary>With one more reason for which the run can't be judged.</summary>
    public RunHealth And(string invalid) => this with { Invalid = [.. Invalid, invalid] };

    /// <summary>With one more note.</summary>
    public RunHealth Note(string note) => this with { Notes = [.. Notes, note] };
}
