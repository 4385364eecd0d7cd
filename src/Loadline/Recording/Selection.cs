namespace Loadline.Recording;

/// <summary>Which part of a run: a phase or a span, of all scenarios or of some. Made of the histogram log, so it can be asked long after the run.</summary>
public sealed record Selection
{
    /// <summary>Exchanges that were due in this phase; ignored where <see cref="Span"/> is given.</summary>
    public Phase Phase { get; init; } = Phase.Hold;

    /// <summary>Exchanges that were due in the span of this name; null for the phase.</summary>
    public string? Span { get; init; }

    /// <summary>Exchanges of these scenarios only; null for all.</summary>
    public IReadOnlyCollection<string>? Scenarios { get; init; }

    /// <summary>This operation only, beside what belongs to none; null for all. Whole seconds of availability are then this operation's.</summary>
    public string? Operation { get; init; }

    /// <summary>Leaves out what ended before this second: a warm-up.</summary>
    public long FromSecond { get; init; }

    internal bool Covers(LogTag tag) => Span is null ? tag.Phase == Phase : tag.Spans.Contains(Span);

    // What belongs to no operation belongs to no scenario either.
    internal bool IsOf(LogTag tag) =>
        (Operation is null || tag.Operation == Operation || tag.Operation == LogTag.Everything)
        && (Scenarios is null || (tag.Operation != LogTag.Everything && Scenarios.Contains(tag.Scenario)));
}

/// <summary>A window of a selection; seconds since the run's start.</summary>
public sealed record Window(double Start, double End, PhaseTotals Totals);
