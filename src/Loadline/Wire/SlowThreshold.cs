namespace Loadline.Wire;

/// <summary>
/// Follows a high quantile of durations in one number, so that the text of slow exchanges can be kept without keeping every text. Each duration above moves
/// it up by a step, each below down by step/99: it settles where one in a hundred is above (Robbins and Monro 1951). Races between threads lose a step, which is harmless.
/// </summary>
internal sealed class SlowThreshold
{
    private double _nanoseconds;

    /// <summary>Whether a duration is among the slowest hundredth, about.</summary>
    internal bool Exceeds(long nanoseconds)
    {
        var threshold = _nanoseconds;
        var step = Math.Max(1_000, threshold * 0.05);
        var above = nanoseconds > threshold;
        _nanoseconds = above ? threshold + step : threshold - (step / 99);
        return above;
    }
}
