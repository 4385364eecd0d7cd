using System.Buffers;
using System.Globalization;

namespace Loadline.Targets;

/// <summary>Where processes of a target are: one by name, or <c>pid:</c>, <c>port:</c>, <c>unit:</c>, <c>container:</c>, <c>pod:</c>.</summary>
/// <param name="Kind">What is before the colon; empty for a name.</param>
/// <param name="Name">The name or what is behind the colon.</param>
internal sealed record ProcessPlace(string Kind, string Name)
{
    // Names go into commands: nothing that a shell would read.
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@/:");
    private static readonly SearchValues<char> LettersOfNames = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._- ");

    /// <summary>What may be before the colon.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["pid", "port", "unit", "container", "pod"];

    /// <summary>Whether it is signalled by process id, and not by a manager's command.</summary>
    public bool IsById => Kind is "" or "pid" or "port";

    /// <summary>The number behind <c>pid:</c> or <c>port:</c>.</summary>
    public int Number => int.Parse(Name, CultureInfo.InvariantCulture);

    /// <summary>Reads a place; null, and why, for what is none.</summary>
    public static ProcessPlace? Read(string text, out string? why)
    {
        why = null;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var place = colon < 0 ? new ProcessPlace("", text.Trim()) : new ProcessPlace(text[..colon].Trim(), text[(colon + 1)..].Trim());
        if (place.Kind.Length > 0 && !Kinds.Contains(place.Kind))
            why = $"begins with '{place.Kind}:', and a place is a process's name or begins with {string.Join(": or ", Kinds)}:";
        else if (place.Name.Length == 0 || place.Name[0] == '-' || place.Name.AsSpan().IndexOfAnyExcept(place.Kind.Length == 0 ? LettersOfNames : Letters) >= 0)
            why = "has no name that a process, unit, container or pod could have: letters, digits and . _ - @ / : only, and no - at its beginning";
        else if (place.Kind == "pid" && !IsNumber(place.Name, 2, int.MaxValue))
            why = "has no process id behind 'pid:'";
        else if (place.Kind == "port" && !IsNumber(place.Name, 1, ushort.MaxValue))
            why = "has no port behind 'port:', which is a number from 1 to 65535";
        return why is null ? place : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Kind.Length == 0 ? Name : $"{Kind}:{Name}";

    private static bool IsNumber(string text, int least, int most) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
}
