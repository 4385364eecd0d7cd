using System.Globalization;

namespace Loadline.Reports;

/// <summary>Figures as a person reads them in a narrow column.</summary>
public static class Figures
{
    /// <summary>Seconds as <c>850µs</c>, <c>12ms</c>, <c>1.24s</c>; a dash for none.</summary>
    public static string Seconds(double? seconds) => seconds switch
    {
        null => "–",
        < 0.001 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0}µs"),
        < 0.01 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.0}ms"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0}ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00}s"),
    };

    /// <summary>A time span as <c>02:05</c>, with hours where there are any.</summary>
    public static string Clock(TimeSpan span)
    {
        if (span < TimeSpan.Zero)
            span = TimeSpan.Zero;
        return span.TotalHours >= 1 ? span.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture) : span.ToString(@"mm\:ss", CultureInfo.InvariantCulture);
    }
}
