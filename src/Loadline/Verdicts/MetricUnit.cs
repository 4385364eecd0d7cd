using System.Diagnostics.CodeAnalysis;
using Loadline.Plans.Quantities;

namespace Loadline.Verdicts;

/// <summary>A metric's unit: how its limits are written in objectives, and how its values are shown.</summary>
/// <param name="Symbol">As the summary has it.</param>
/// <param name="Example">A limit.</param>
internal abstract record MetricUnit(string Symbol, string Example)
{
    public static MetricUnit Seconds { get; } = new TimeUnit();

    public static MetricUnit Percent { get; } = new PercentUnit();

    public static MetricUnit TokensPerSecond { get; } = new PlainUnit("tok/s", "20 tok/s", ["tok/s", "tokens/s"], UnitMayBeLeftOut: false);

    public static MetricUnit PerSecond { get; } = new PlainUnit("1/s", "500", ["/s", "1/s", "rps"], UnitMayBeLeftOut: true);

    public static MetricUnit Tries { get; } = new PlainUnit("tries", "1.2", ["tries"], UnitMayBeLeftOut: true);

    public static MetricUnit Users { get; } = new PlainUnit("users", "1000", ["users"], UnitMayBeLeftOut: true);

    public static MetricUnit Requests { get; } = new PlainUnit("requests", "1000", ["requests"], UnitMayBeLeftOut: true);

    public static MetricUnit Bytes { get; } = new BytesUnit("B", "");

    public static MetricUnit BytesPerSecond { get; } = new BytesUnit("B/s", "/s");

    /// <summary>The unit of a symbol; one that is not known is a count of that name.</summary>
    public static MetricUnit Of(string symbol) => symbol switch
    {
        "s" => Seconds,
        "%" => Percent,
        "tok/s" => TokensPerSecond,
        "1/s" => PerSecond,
        "B" => Bytes,
        "B/s" => BytesPerSecond,
        _ => new PlainUnit(symbol, "1000", [symbol], UnitMayBeLeftOut: true),
    };

    /// <summary>Reads a limit into this unit; on failure <paramref name="why"/> continues the sentence "the limit …".</summary>
    public abstract bool TryRead(string text, out double limit, [NotNullWhen(false)] out string? why);

    /// <summary>A value for people.</summary>
    public abstract string Text(double value);

    private sealed record TimeUnit() : MetricUnit("s", "3s")
    {
        public override bool TryRead(string text, out double limit, [NotNullWhen(false)] out string? why) =>
            Quantity.Time.TryParse(text.Replace(" ", "", StringComparison.Ordinal), out limit, out why);

        // Three digits are as many as histograms have.
        public override string Text(double value) => value switch
        {
            < 0.001 => ThreeDigits(value * 1e6) + " us",
            < 1 => ThreeDigits(value * 1e3) + " ms",
            _ => ThreeDigits(value) + " s",
        };

        private static string ThreeDigits(double value) => Numbers.Text(Math.Round(value, value < 10 ? 2 : value < 100 ? 1 : 0));
    }

    private sealed record PercentUnit() : MetricUnit("%", "1%")
    {
        public override bool TryRead(string text, out double limit, [NotNullWhen(false)] out string? why)
        {
            limit = 0;
            why = !text.EndsWith('%') ? "must be in percent, with the sign, such as 1%"
                : !Numbers.TryParse(text.AsSpan(0, text.Length - 1).Trim(), out limit) || limit < 0 || limit > 100 ? "must be from 0% to 100%"
                : null;
            return why is null;
        }

        // Availability is told apart in its third decimal.
        public override string Text(double value) => Numbers.Text(Math.Round(value, 3)) + "%";
    }

    private sealed record BytesUnit(string Symbol, string Per) : MetricUnit(Symbol, "500MiB" + Per)
    {
        private static readonly (string Name, double Bytes)[] Names =
            [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1L << 40), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1)];

        public override bool TryRead(string text, out double limit, [NotNullWhen(false)] out string? why)
        {
            var rest = Per.Length > 0 && text.EndsWith(Per, StringComparison.Ordinal) ? text[..^Per.Length] : text;
            var unit = Names.FirstOrDefault(name => rest.EndsWith(name.Name, StringComparison.Ordinal));
            limit = 0;
            why = unit.Name is null ? $"needs its unit: {string.Join(", ", Names.Select(name => name.Name + Per))}"
                : !Numbers.TryParse(rest.AsSpan(0, rest.Length - unit.Name.Length).Trim(), out limit) || limit < 0 ? $"must be a number, such as {Example}"
                : null;
            limit *= unit.Bytes;
            return why is null;
        }

        public override string Text(double value)
        {
            var (name, bytes) = value switch { < 1 << 10 => ("B", 1.0), < 1 << 20 => ("KiB", 1 << 10), < 1 << 30 => ("MiB", 1 << 20), _ => ("GiB", 1 << 30) };
            return $"{Numbers.Text(Math.Round(value / bytes, 1))} {name}{Per}";
        }
    }

    private sealed record PlainUnit(string Symbol, string Example, string[] Spellings, bool UnitMayBeLeftOut) : MetricUnit(Symbol, Example)
    {
        public override bool TryRead(string text, out double limit, [NotNullWhen(false)] out string? why)
        {
            var end = text.AsSpan().LastIndexOfAnyInRange('0', '9') + 1;
            var firstLetter = text.AsSpan().IndexOfAnyExcept("+-.0123456789");
            var split = firstLetter < 0 ? end : firstLetter;
            // "1/s" is itself a spelling that begins with a digit: "500 1/s" splits at the blank.
            var (number, unit) = (text[..split].Trim(), text[split..].Trim());
            limit = 0;
            why = !Numbers.TryParse(number, out limit) ? $"must be a number, such as {Example}"
                : limit < 0 ? "must not be negative"
                : unit.Length == 0 && !UnitMayBeLeftOut ? $"needs its unit: {number} {Symbol}"
                : unit.Length > 0 && !Spellings.Contains(unit) ? $"has the unknown unit '{unit}': write {number} {(UnitMayBeLeftOut ? "or " + number + " " : "")}{Spellings[0]}"
                : null;
            return why is null;
        }

        public override string Text(double value) => $"{Numbers.Text(Math.Round(value, Symbol is "tries" or "cores" ? 3 : 1))} {(Symbol == "1/s" ? "per s" : Symbol)}";
    }
}
