using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>Which part of the run an objective is about.</summary>
/// <param name="During">A phase or a span (<c>before:NAME</c> and <c>after:NAME</c> beside the plan's names); null for the hold phase.</param>
/// <param name="Selector">As written in braces, such as <c>kind:read</c>; null for all scenarios.</param>
/// <param name="Scenarios">The scenarios that the selector means; null for all.</param>
/// <param name="Over">The objective must hold in every window of this length; null for the part as a whole.</param>
internal sealed record Scope(string? During, string? Selector, IReadOnlyList<string>? Scenarios, TimeSpan? Over)
{
    /// <summary>The hold phase as a whole.</summary>
    public static Scope Hold { get; } = new(null, null, null, null);

    /// <summary>The phases that <c>during</c> may name.</summary>
    public static IReadOnlyDictionary<string, Phase> Phases { get; } =
        new Dictionary<string, Phase> { ["up"] = Recording.Phase.Up, ["hold"] = Recording.Phase.Hold, ["down"] = Recording.Phase.Down };

    /// <summary>The phase; null for a span.</summary>
    public Phase? Phase => During is null ? Recording.Phase.Hold : Phases.TryGetValue(During, out var phase) ? phase : null;

    /// <summary>What people call it.</summary>
    public string Name => During is null || Phase is not null ? $"the {During ?? "hold"} phase" : During.Replace(':', ' ');

    /// <summary>The same behind a metric's name, such as " after outage"; empty for the hold phase.</summary>
    public string Where => During is null ? "" : Phase is not null ? $" in {Name}" : During.Contains(':', StringComparison.Ordinal) ? $" {Name}" : $" during {Name}";

    /// <summary>The same for the recording.</summary>
    /// <param name="judgedFrom">The hold phase's first second behind its warm-up.</param>
    public Selection Selection(long judgedFrom) => Phase is { } phase
        ? new Selection { Phase = phase, Scenarios = Scenarios, FromSecond = phase == Recording.Phase.Hold ? judgedFrom : 0 }
        : new Selection { Span = During, Scenarios = Scenarios };
}
