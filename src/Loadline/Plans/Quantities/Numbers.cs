using System.Globalization;

namespace Loadline.Plans.Quantities;

/// <summary>Numbers as plans write them: a decimal point, no thousands separators, always finite.</summary>
internal static class Numbers
{
    /// <summary>Reads a finite number.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double value) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
        && double.IsFinite(value);

    /// <summary>Writes a number with at most four significant decimals.</summary>
    public static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
