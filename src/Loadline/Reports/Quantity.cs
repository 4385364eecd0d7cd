using System.Globalization;

namespace Loadline.Reports;

/// <summary>Numbers with units as people read them: three significant digits, and the unit that needs no zeros.</summary>
internal static class Quantity
{
    /// <summary>What stands for a value that was not measured.</summary>
    public const string None = "–";

    /// <summary>A value in a metric's unit.</summary>
    public static string Format(double? value, string unit) => value is not { } number ? None : unit switch
    {
        "s" => Seconds(number),
        "%" => Trimmed(number, Math.Abs(number) is > 99 and < 100 ? 3 : 2) + " %",
        "1/s" => Digits(number) + "/s",
        "" => Digits(number),
        "users" or "1" => Digits(number) + (unit == "1" ? "" : " users"),
        "B" or "bytes" => Bytes(number),
        "B/s" => Bytes(number) + "/s",
        _ => Digits(number) + " " + unit,
    };

    /// <summary>A confidence interval, such as <c>1.78 s – 1.83 s</c>.</summary>
    public static string Interval(Runs.IntervalSummary? interval, string unit) =>
        interval is null ? None : $"{Format(interval.Low, unit)} – {Format(interval.High, unit)}";

    /// <summary>Seconds, in µs, ms, s, min or h.</summary>
    public static string Seconds(double? value) => value is not { } seconds ? None : Math.Abs(seconds) switch
    {
        0 => "0 s",
        < 0.001 => Digits(seconds * 1e6) + " µs",
        < 1 => Digits(seconds * 1e3) + " ms",
        < 120 => Digits(seconds) + " s",
        < 7200 => Digits(seconds / 60) + " min",
        _ => Digits(seconds / 3600) + " h",
    };

    /// <summary>A moment of the run: <c>5:00</c>.</summary>
    public static string Moment(double? seconds) => seconds is { } at ? Verdicts.Clock.Text(at) : None;

    /// <summary>Bytes, in KiB, MiB or GiB.</summary>
    public static string Bytes(double value) => Math.Abs(value) switch
    {
        < 1024 => Digits(value) + " B",
        < 1024 * 1024 => Digits(value / 1024) + " KiB",
        < 1024 * 1024 * 1024 => Digits(value / (1024 * 1024)) + " MiB",
        _ => Digits(value / (1024 * 1024 * 1024)) + " GiB",
    };

    /// <summary>A count, with thin groups.</summary>
    public static string Count(long value) => value.ToString("#,0", Grouped);

    /// <summary>A length of time that a person planned, such as 3 min or 1 h 30 min.</summary>
    public static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Round(seconds));
        var parts = new List<string>();
        if (span.TotalHours >= 1)
            parts.Add($"{(int)span.TotalHours} h");
        if (span.Minutes > 0)
            parts.Add($"{span.Minutes} min");
        if (span.Seconds > 0 || parts.Count == 0)
            parts.Add($"{span.Seconds} s");
        return string.Join(' ', parts);
    }

    private static readonly NumberFormatInfo Grouped = new() { NumberGroupSeparator = "\u202f" };

    private static string Digits(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 1 => Trimmed(value, 3),
        < 10 => Trimmed(value, 2),
        < 100 => Trimmed(value, 1),
        _ => value.ToString("#,0", Grouped),
    };

    private static string Trimmed(double value, int decimals) =>
        value.ToString("0." + new string('#', decimals), CultureInfo.InvariantCulture);
}
