using System.Buffers;
using System.Globalization;
using Loadline.Probes;
using Loadline.Processes;

namespace Loadline.Faults;

/// <summary>Where a fault of processes strikes: one of the target's own by name, or <c>pid:</c>, <c>unit:</c>, <c>container:</c>, <c>pod:</c>.</summary>
/// <param name="Kind">What is before the colon; empty for a name.</param>
/// <param name="Name">The name or what is behind the colon.</param>
internal sealed record ProcessPlace(string Kind, string Name)
{
    // Names go into commands: nothing that a shell would read.
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@/:");
    private static readonly SearchValues<char> LettersOfNames = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._- ");

    /// <summary>What may be before the colon.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["pid", "unit", "container", "pod"];

    /// <summary>Whether it is signalled by id, and not by a command.</summary>
    public bool IsById => Kind is "" or "pid";

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
        else if (place.Kind == "pid" && !(int.TryParse(place.Name, CultureInfo.InvariantCulture, out var id) && id > 1))
            why = "has no process id behind 'pid:'";
        return why is null ? place : null;
    }

    /// <summary>The processes that it means at this moment: of a service all its replicas.</summary>
    public IReadOnlyList<(string Name, int Pid, long Start)> Find(IReadOnlyList<WatchedProcess> target)
    {
        IEnumerable<WatchedProcess> meant = Kind == "pid" ? [new WatchedProcess(ToString(), int.Parse(Name, CultureInfo.InvariantCulture))] : target.Where(process => process.Name == Name || IsReplica(process.Name));
        return [.. from process in meant let start = Signals.StartOf(process.Id) where start is not null select (process.Name, process.Id, start.Value)];
    }

    /// <inheritdoc/>
    public override string ToString() => Kind.Length == 0 ? Name : $"{Kind}:{Name}";

    private bool IsReplica(string process) =>
        process.Length > Name.Length + 1 && process.StartsWith(Name + "-", StringComparison.Ordinal) && process.AsSpan(Name.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0;
}
