using Loadline.Plans;

namespace Loadline.Schedules;

/// <summary>
/// The integral of a rate made of ramps, and its inverse in closed form. Within a ramp that begins at rate r and grows by s per second, the area A is reached
/// after τ with r·τ + s·τ²/2 = A; the form τ = 2A ÷ (r + √(r² + 2sA)) of the solution loses no digits when s is small, and needs no case for s = 0.
/// </summary>
internal sealed class RateIntegral
{
    private readonly Piece[] _pieces;

    public RateIntegral(IReadOnlyList<Ramp> rates)
    {
        var pieces = new List<Piece>();
        var (start, area) = (0L, 0.0);
        foreach (var ramp in rates)
        {
            var seconds = ramp.For.Ticks / 1e7;
            if (seconds > 0)
                pieces.Add(new Piece(start, area, ramp.From, (ramp.To - ramp.From) / seconds));
            start += ramp.For.Ticks;
            area += seconds * (ramp.From + ramp.To) / 2;
        }
        (_pieces, Duration, Total) = ([.. pieces], new TimeSpan(start), area);
    }

    public TimeSpan Duration { get; }

    /// <summary>The integral over the whole duration: how many arrivals there are on average.</summary>
    public double Total { get; }

    /// <summary>How many of 0, 1, 2, … lie below the total; a total that is whole but for rounding counts as whole.</summary>
    public long WholeBelowTotal => (long)Math.Ceiling(Total - (1e-9 * Math.Max(1, Total)));

    /// <summary>When an area below the total is reached.</summary>
    public TimeSpan TimeOf(double area)
    {
        var piece = _pieces[IndexOf(area)];
        var rest = Math.Max(0, area - piece.Area);
        var root = Math.Sqrt(Math.Max(0, (piece.Rate * piece.Rate) + (2 * piece.Slope * rest)));
        var seconds = rest == 0 ? 0 : 2 * rest / (piece.Rate + root);
        // Never on the end: a load's end is no longer part of it.
        return new TimeSpan(Math.Min(piece.Start + (long)Math.Round(seconds * 1e7), Duration.Ticks - 1));
    }

    // The last piece that begins at or below the area; of several that begin at the same, which have no area but the last, the last.
    private int IndexOf(double area)
    {
        var (low, high) = (0, _pieces.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_pieces[middle].Area <= area)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private readonly record struct Piece(long Start, double Area, double Rate, double Slope);
}
