using Loadline.Wire;

namespace Loadline.Trials;

/// <summary>What one exchange of a trial showed.</summary>
/// <param name="Name">The operation, and whether it was streamed, such as <c>query, streamed</c>.</param>
/// <param name="Exchange">The exchange, with its texts; null where there is none of its own, as when waiting for a document.</param>
/// <param name="Findings">What the profile's rules found, and what they didn't.</param>
public sealed record TrialResult(string Name, Exchange? Exchange, IReadOnlyList<TrialFinding> Findings)
{
    /// <summary>Whether it was answered and nothing that the profile needs was missing.</summary>
    public bool Good => Exchange?.Outcome is null or Outcome.Ok or Outcome.Degraded && Findings.All(finding => finding.Kind != FindingKind.Wrong);
}

/// <summary>One thing that a trial found.</summary>
/// <param name="Kind">How serious it is.</param>
/// <param name="What">Which part of the profile it is about, such as <c>answer.required</c>.</param>
/// <param name="Text">What was found, or what is missing and what there is instead.</param>
public sealed record TrialFinding(FindingKind Kind, string What, string Text);

/// <summary>How serious a finding is.</summary>
public enum FindingKind
{
    /// <summary>Understood.</summary>
    Understood,

    /// <summary>The profile expects it and it wasn't there; a load test works without it, and measures less.</summary>
    Missing,

    /// <summary>The profile doesn't fit: a load test would count failures.</summary>
    Wrong,
}
