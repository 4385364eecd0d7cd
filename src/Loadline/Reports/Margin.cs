using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>How far an objective's value is from its limit.</summary>
internal static class Margin
{
    /// <summary>Such as <c>1.83 s below</c>; for percentages, points.</summary>
    public static string Describe(ObjectiveSummary objective)
    {
        if (objective.Value is not { } value || objective.Limit is not { } limit)
            return Quantity.None;
        var difference = value - limit;
        var side = difference switch { 0 => "at the limit", < 0 => "below", _ => "above" };
        if (difference == 0)
            return side;
        var distance = objective.Unit == "%"
            ? Quantity.Format(Math.Abs(difference), "%").Replace(" %", Math.Abs(difference) == 1 ? " point" : " points")
            : Quantity.Format(Math.Abs(difference), objective.Unit);
        return $"{distance} {side}";
    }

    /// <summary>The value as a share of the limit, for a bar: 0–1 with the limit at two thirds. Null when it can't be drawn.</summary>
    public static double? Bar(ObjectiveSummary objective) =>
        objective.Value is { } value && objective.Limit is > 0 and var limit ? Math.Clamp(value / limit / 1.5, 0, 1) : null;
}
