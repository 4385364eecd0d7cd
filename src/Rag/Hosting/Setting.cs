using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Rag.Hosting;

/// <summary>
/// One value of the configuration: its path, its rule, its default and what it is for. Declared once, beside what it sets; reading, the check of a whole
/// configuration and <c>docs/configuration.md</c> all come from the declaration.
/// </summary>
public abstract class Setting(string path, string rule, string? fallback, string description)
{
    /// <summary>Where it stands, such as <c>documents:max_lag_seconds</c>: sections by colons, words in snake_case.</summary>
    public string Path { get; } = path;

    /// <summary>What is permitted, in words that complete "expected …".</summary>
    public string Rule { get; } = rule;

    /// <summary>Its default, as one would write it; null for none.</summary>
    public string? Fallback { get; } = fallback;

    /// <summary>What it sets, in a sentence.</summary>
    public string Description { get; } = description;

    /// <summary>Whether its value must never be shown.</summary>
    public bool Secret { get; init; }

    /// <summary>Whether everything below its path belongs to it as well.</summary>
    public bool IsSection { get; init; }

    /// <summary>Whether a text is permitted.</summary>
    public abstract bool Permits(string text);

    /// <summary>The same value at another place, such as that of a second engine of the kind.</summary>
    /// <param name="path">Where it stands there.</param>
    /// <param name="description">What it sets there.</param>
    public abstract Setting At(string path, string description);

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Setting<int> Whole(string path, int fallback, int min, int max, string description) => new(
        path, $"a whole number from {min} to {max}", fallback, fallback.ToString(CultureInfo.InvariantCulture), description,
        (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max);

    /// <summary>A whole number of bytes from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Setting<long> Bytes(string path, long fallback, long min, long max, string description) => new(
        path, $"whole bytes from {min} to {max}", fallback, fallback.ToString(CultureInfo.InvariantCulture), description,
        (string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static Setting<double> Number(string path, double fallback, double min, double max, string description) => new(
        path, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"), fallback, fallback.ToString(CultureInfo.InvariantCulture), description,
        (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= min && value <= max);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>, or null where nothing is set.</summary>
    public static Setting<double?> OptionalNumber(string path, double min, double max, string description) => new(
        path, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"), null, null, description,
        (string text, out double? value) =>
        {
            var permitted = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max;
            value = permitted ? number : null;
            return permitted;
        });

    /// <summary>A time in seconds; the path ends in <c>_seconds</c>.</summary>
    public static Setting<TimeSpan> Seconds(string path, double fallback, double min, double max, string description) =>
        Time(path, fallback, min, max, description, "seconds", TimeSpan.FromSeconds);

    /// <summary>A time in milliseconds; the path ends in <c>_ms</c>.</summary>
    public static Setting<TimeSpan> Milliseconds(string path, double fallback, double min, double max, string description) =>
        Time(path, fallback, min, max, description, "milliseconds", TimeSpan.FromMilliseconds);

    /// <summary>True or false.</summary>
    public static Setting<bool> Switch(string path, bool fallback, string description) =>
        new(path, "true or false", fallback, fallback ? "true" : "false", description, bool.TryParse);

    /// <summary>Any text; null where nothing is set and <paramref name="fallback"/> is null.</summary>
    public static Setting<string?> Text(string path, string? fallback, string description) =>
        new(path, "a text", fallback, fallback, description, static (string text, out string? value) => (value = text).Length > 0);

    /// <summary>A text that must not be shown, best given through the environment.</summary>
    public static Setting<string?> Hidden(string path, string description, int shortest = 1) => new(
        path, shortest > 1 ? $"at least {shortest} characters" : "a text", null, null, description, (string text, out string? value) => (value = text).Length >= shortest)
    { Secret = true };

    /// <summary>One of a few names.</summary>
    public static Setting<string> Choice(string path, string fallback, IReadOnlyList<string> names, string description) => new(
        path, $"one of {string.Join(", ", names)}", fallback, fallback, description,
        (string text, [NotNullWhen(true)] out string? value) => (value = names.FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase))) is not null);

    /// <summary>An http or https address; null where none is set and <paramref name="fallback"/> is null.</summary>
    public static Setting<Uri?> Address(string path, string? fallback, string description) => new(
        path, "an http or https address such as http://127.0.0.1:9000", fallback is null ? null : new Uri(fallback), fallback, description,
        static (string text, out Uri? value) => Uri.TryCreate(text, UriKind.Absolute, out value) && value.Scheme is "http" or "https");

    /// <summary>A whole section whose keys others know (<c>logging</c>, <c>seams:SERVICE</c>).</summary>
    public static Setting Section(string path, string rule, string description) => new Setting<string?>(
        path, rule, null, null, description, static (string text, out string? value) => (value = text) is not null)
    { IsSection = true };

    private static Setting<TimeSpan> Time(string path, double fallback, double min, double max, string description, string unit, Func<double, TimeSpan> of) => new(
        path, string.Create(CultureInfo.InvariantCulture, $"{unit} from {min} to {max}"), of(fallback), fallback.ToString(CultureInfo.InvariantCulture), description,
        (string text, out TimeSpan value) =>
        {
            var permitted = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max;
            value = permitted ? of(number) : default;
            return permitted;
        });
}

/// <summary>A <see cref="Setting"/> of a type.</summary>
public sealed class Setting<T>(string path, string rule, T fallback, string? fallbackText, string description, Setting<T>.Parser parse)
    : Setting(path, rule, fallbackText, description)
{
    /// <summary>Reads a text; false where it is not permitted.</summary>
    public delegate bool Parser(string text, [MaybeNullWhen(false)] out T value);

    /// <summary>What holds where the configuration says nothing.</summary>
    public T Default { get; } = fallback;

    /// <inheritdoc/>
    public override bool Permits(string text) => parse(text, out _);

    /// <inheritdoc/>
    public override Setting At(string path, string description) => new Setting<T>(path, Rule, Default, Fallback, description, parse) { Secret = Secret, IsSection = IsSection };

    /// <summary>Reads a text.</summary>
    public bool TryRead(string text, [MaybeNullWhen(false)] out T value) => parse(text, out value);
}
