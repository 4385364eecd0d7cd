using Loadline.Probes;
using Loadline.Processes;
using Loadline.Targets;

namespace Loadline.Faults;

/// <summary>The processes of this machine that a place means.</summary>
internal static class PlacedProcesses
{
    /// <summary>The processes that it means at this moment: of a service all its replicas, or the process that it shares with others, of a port all that listen on it.</summary>
    /// <param name="place">A place that <see cref="ProcessPlace.IsById"/>.</param>
    /// <param name="target">The processes of a target that Loadline started.</param>
    public static IReadOnlyList<(string Name, int Pid, long Start)> Find(this ProcessPlace place, IReadOnlyList<WatchedProcess> target)
    {
        IEnumerable<WatchedProcess> meant = place.Kind switch
        {
            "pid" => [new WatchedProcess(place.ToString(), place.Number)],
            "port" => PortOwners.Of(place.Number).Select(process => new WatchedProcess(place.ToString(), process)),
            _ => target.Where(process => process.Name == place.Name || IsReplica(process.Name, place.Name) || process.Services?.Contains(place.Name) == true),
        };
        return [.. from process in meant let start = Signals.StartOf(process.Id) where start is not null select (process.Name, process.Id, start.Value)];
    }

    private static bool IsReplica(string process, string name) =>
        process.Length > name.Length + 1 && process.StartsWith(name + "-", StringComparison.Ordinal) && process.AsSpan(name.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0;
}
