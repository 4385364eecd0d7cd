namespace Loadline.Plans.Keys;

/// <summary>What shape a key's value has in the file.</summary>
internal enum KeyShape
{
    /// <summary>One value.</summary>
    Value,

    /// <summary>More keys beneath.</summary>
    Section,

    /// <summary>Names with positive weights.</summary>
    Weights,

    /// <summary>A list of lines.</summary>
    Lines,

    /// <summary>Names with a word each.</summary>
    Tags,

    /// <summary>Names with a section each.</summary>
    Named,

    /// <summary>Names with a list of values each.</summary>
    Choices,
}

/// <summary>One key of a plan.</summary>
/// <param name="Path">From the file's root, joined by dots.</param>
/// <param name="Shape">Its value's shape.</param>
/// <param name="Kind">What a value may be; null for sections.</param>
/// <param name="Default">The value when it is left out; null where it must be given, and for sections. Weights are written <c>a 2, b 1</c>.</param>
/// <param name="Description">What it means, for documentation and editors.</param>
/// <param name="Optional">Whether it may be left out although it has no default; the keys of an optional section count only where the section is there.</param>
internal sealed record PlanKey(string Path, KeyShape Shape, ValueKind? Kind, string? Default, string Description, bool Optional = false)
{
    /// <summary>Whether its section without it is refused.</summary>
    public bool Required => Shape != KeyShape.Section && Default is null && !Optional;

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>The path of the section it is in; empty at the root.</summary>
    public string Section => Path.LastIndexOf('.') is var dot && dot < 0 ? "" : Path[..dot];
}
