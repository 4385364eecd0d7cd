using System.Globalization;

namespace Loadline.Targets;

/// <summary>Quantities as profiles write them.</summary>
internal static class ProfileUnits
{
    /// <summary>Reads <c>100ms</c>, <c>1.5s</c>, <c>5m</c> or <c>1h</c>.</summary>
    internal static TimeSpan Duration(string text)
    {
        var unit = text.Length;
        while (unit > 0 && char.IsAsciiLetter(text[unit - 1]))
            unit--;
        double? milliseconds = text[unit..] switch { "ms" => 1, "s" => 1e3, "m" => 6e4, "h" => 3.6e6, _ => null };
        if (milliseconds is null || !double.TryParse(text.AsSpan(0, unit), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number <= 0 || number * milliseconds > 8.64e7)
            throw new FormatException("a duration is a positive number with a unit (ms, s, m or h), 24h at most, such as 100ms");
        return TimeSpan.FromMilliseconds(number * milliseconds.Value);
    }

    /// <summary>Reads <c>100ms..2s</c>.</summary>
    internal static (TimeSpan From, TimeSpan To) Range(string text)
    {
        var parts = text.Split("..");
        if (parts.Length is < 1 or > 2)
            throw new FormatException("a range is two durations, such as 100ms..2s");
        var range = (From: Duration(parts[0]), To: Duration(parts[^1]));
        return range.From <= range.To ? range : throw new FormatException("a range goes from the shorter to the longer duration, such as 100ms..2s");
    }
}
