using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Loadline.Plans.Quantities;

/// <summary>A time with its units, greatest first, each at most once: <c>2h</c>, <c>1m30s</c>, <c>500ms</c>, <c>1.5s</c>.</summary>
internal sealed class DurationQuantity : Quantity
{
    private static readonly (string Name, double Seconds)[] Units = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1), ("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6)];

    /// <inheritdoc/>
    public override string Rule => "a time with its unit (d, h, m, s, ms, us), such as 30m, 1m30s or 500ms";

    /// <inheritdoc/>
    public override string Pattern => @"(\d+(\.\d+)?(d|h|ms|m|us|µs|s))+";

    /// <inheritdoc/>
    public override bool TryParse(string text, out double value, [NotNullWhen(false)] out string? why)
    {
        value = 0;
        why = Read(text.Trim(), ref value);
        return why is null;
    }

    /// <summary>Writes seconds as a person would: <c>26m</c>, <c>1m 30s</c>, <c>250ms</c>.</summary>
    public static string Text(double seconds)
    {
        if (seconds == 0)
            return "0s";
        if (seconds < 1e-3)
            return Numbers.Text(seconds * 1e6) + "us";
        if (seconds < 1)
            return Numbers.Text(seconds * 1e3) + "ms";
        if (seconds < 60)
            return Numbers.Text(seconds) + "s";
        var parts = new List<string>(4);
        var rest = Math.Round(seconds, 3);
        foreach (var (name, size) in Units.Take(3))
        {
            var whole = Math.Floor(rest / size);
            if (whole > 0)
                parts.Add(whole.ToString(CultureInfo.InvariantCulture) + name);
            rest -= whole * size;
        }
        rest = Math.Round(rest, 3);
        if (rest > 0)
            parts.Add(Numbers.Text(rest) + "s");
        return string.Concat(parts);
    }

    private string? Read(string text, ref double seconds)
    {
        if (text.StartsWith('-'))
            return "must not be negative";
        if (Numbers.TryParse(text, out var bare) && bare != 0)
            return $"needs a unit: {text}s is seconds, {text}ms milliseconds, {text}m minutes";
        var last = double.PositiveInfinity;
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
                at++;
            if (start == at || !Numbers.TryParse(text.AsSpan(start, at - start), out var number))
                return "must be " + Rule;
            start = at;
            while (at < text.Length && char.IsLetter(text[at]))
                at++;
            var name = text[start..at];
            var unit = Units.FirstOrDefault(u => u.Name == name);
            if (unit.Name is null)
                return name.Length == 0 ? "must be " + Rule : $"has the unknown unit '{name}': write d, h, m, s, ms or us";
            if (unit.Seconds >= last)
                return "must have its units from the greatest to the least, each once, such as 1m30s";
            last = unit.Seconds;
            seconds += number * unit.Seconds;
        }
        if (text.Length == 0)
            return "must be " + Rule;
        return double.IsFinite(seconds) && seconds < TimeSpan.MaxValue.TotalSeconds ? null : "is longer than any clock: write a shorter time";
    }
}
