using System.Diagnostics.CodeAnalysis;

namespace Loadline.Plans.Quantities;

/// <summary>A kind of non-negative quantity and how it is written: a time with its unit, or a bare count.</summary>
internal abstract class Quantity
{
    /// <summary>Times, in seconds: <c>500ms</c>, <c>1m30s</c>.</summary>
    public static Quantity Time { get; } = new DurationQuantity();

    /// <summary>Counts: <c>200</c>.</summary>
    public static Quantity Count { get; } = new CountQuantity();

    /// <summary>What it is, for the sentence "must be …".</summary>
    public abstract string Rule { get; }

    /// <summary>A regular expression without anchors, for the JSON schema.</summary>
    public abstract string Pattern { get; }

    /// <summary>Reads one; on failure <paramref name="why"/> continues the sentence "the value …".</summary>
    public abstract bool TryParse(string text, out double value, [NotNullWhen(false)] out string? why);
}
