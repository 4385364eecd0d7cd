using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>How far an objective's value is from its limit.</summary>
internal static class Margin
{
    /// <summary>Whether greater values are better, by the comparison in the objective's text; null when it has none.</summary>
    public static bool? MoreIsBetter(ObjectiveSummary objective)
    {
        var at = objective.Text.IndexOfAny(['<', '>', '≤', '≥']);
        return at < 0 ? null : objective.Text[at] is '>' or '≥';
    }

    /// <summary>Such as <c>1.83 s below (39 % of the limit)</c>; for percentages, points.</summary>
    public static string Describe(ObjectiveSummary objective)
    {
        if (objective.Value is not { } value)
            return Quantity.None;
        var difference = value - objective.Limit;
        var side = difference switch { 0 => "at the limit", < 0 => "below", _ => "above" };
        if (difference == 0)
            return side;
        var distance = objective.Unit == "%"
            ? Quantity.Format(Math.Abs(difference), "%").Replace(" %", " points")
            : Quantity.Format(Math.Abs(difference), objective.Unit);
        return $"{distance} {side}";
    }

    /// <summary>The value as a share of the limit, for a bar: 0–1 with the limit at two thirds. Null when it can't be drawn.</summary>
    public static double? Bar(ObjectiveSummary objective) =>
        objective.Value is { } value && objective.Limit > 0 ? Math.Clamp(value / objective.Limit / 1.5, 0, 1) : null;
}
