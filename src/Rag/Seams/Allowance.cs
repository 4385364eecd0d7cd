using Rag.Errors;

namespace Rag.Seams;

/// <summary>How long a call may take from now, and why.</summary>
/// <param name="Time">How long; null for ever.</param>
/// <param name="IsCap">Whether the call's own cap says so, rather than the end of the request.</param>
internal readonly record struct Allowance(TimeSpan? Time, bool IsCap)
{
    /// <summary>What the way back takes: a hop gives those below it so much less than it has, so that its own answer still is in time.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(10);

    /// <summary>Whether there is nothing left to start with.</summary>
    public bool IsNothing => Time is { } time && time <= TimeSpan.Zero;

    /// <summary>The least of a cap and what remains of the request.</summary>
    public static Allowance Of(TimeSpan cap, TimeSpan? remaining)
    {
        var left = remaining - Margin;
        if (cap < TimeSpan.Zero) // infinite
            return new Allowance(left, false);
        return left < cap ? new Allowance(left, false) : new Allowance(cap, true);
    }

    /// <summary>The judgement on a call whose time is over.</summary>
    public Judgement Over(Call call, Exception? error) => IsCap
        ? new Judgement(CallOutcome.Late, new RagException(
            RagError.DeadlineExceeded, $"{call.Service}: no answer to {call.Name} within {Time?.TotalMilliseconds:0} ms, the most that this call may take", null, error))
        : new Judgement(CallOutcome.Expired, new RagException(RagError.DeadlineExceeded, $"{call.Service}: the request's time was over before the answer to {call.Name}", null, error));
}
