using System.Globalization;
using Loadline.Recording;
using Loadline.Targets;

namespace Loadline.Probes;

/// <summary>Writes what is seen of the target's processes to the run folder, by service: processor time, memory, open files, the network of their namespaces, and what their control groups count.</summary>
/// <param name="log">Takes it.</param>
/// <param name="root">Where the file system begins; a test's folder in tests.</param>
public sealed class ProcessLooks(InsideLog log, string root = "/")
{
    private const string Machine = "machine", Shared = "shared";

    private readonly string _own = ProcFiles.OwnNamespace(root);
    private readonly string? _ownGroup = ControlGroup.Of("self", root);
    private readonly Dictionary<string, ControlGroup> _groupsBefore = [];
    private readonly Dictionary<string, (long In, long Out)> _before = [];
    private readonly HashSet<int> _seen = [];
    private double _last = -1;

    /// <summary>Takes a look in.</summary>
    /// <param name="at">Seconds since the run's start.</param>
    /// <param name="processes">Which processes there are.</param>
    /// <param name="samples">What was seen of them, by name.</param>
    public void Take(double at, IEnumerable<WatchedProcess> processes, IReadOnlyDictionary<string, ProcessSample> samples)
    {
        var draft = new InsideDraft();
        var networks = new Dictionary<string, (long In, long Out)>();
        var groups = new Dictionary<string, string>();
        foreach (var process in processes)
        {
            if (process.Service is not { } service || !samples.TryGetValue(process.Name, out var sample))
                continue;
            // What a process used before it was first looked at is not known.
            if (!_seen.Add(process.Id))
                Level("cpu", Math.Round(sample.CpuCores, 4));
            Level("memory", sample.MemoryBytes);
            if (ProcFiles.OpenFiles(process.Id, root) is { } files)
                Level("files.open", files);
            if (ProcFiles.Network(process.Id, root) is { } network)
                networks[network.Namespace == _own ? Machine : service] = (network.In, network.Out);
            if (ControlGroup.Of(process.Id.ToString(CultureInfo.InvariantCulture), root) is { } group)
                groups[group] = group == _ownGroup ? Shared : groups.TryGetValue(group, out var other) && other != service ? Path.GetFileName(group) : service;

            void Level(string name, double value) => draft.Level(name, [new("service", service)], value);
        }
        var over = _last < 0 ? 0 : at - _last;
        foreach (var (name, (received, sent)) in networks)
        {
            // Interfaces that went take what they counted with them.
            if (over > 0 && _before.TryGetValue(name, out var before) && received >= before.In && sent >= before.Out)
            {
                draft.Rate(InsideMetric.Key("network.in", [new("network", name)]), received - before.In, over);
                draft.Rate(InsideMetric.Key("network.out", [new("network", name)]), sent - before.Out, over);
            }
            _before[name] = (received, sent);
        }
        foreach (var (path, name) in groups)
            if (ControlGroup.Look(path, root) is { } group)
            {
                Group(draft, name, group, over > 0 ? _groupsBefore.GetValueOrDefault(path) : null, over);
                _groupsBefore[path] = group;
            }
        _last = at;
        log.Write(draft.Point(at, over));
    }

    private static void Group(InsideDraft draft, string name, ControlGroup now, ControlGroup? before, double over)
    {
        KeyValuePair<string, string>[] of = [new("group", name)];
        if (now.MemoryBytes is { } memory)
            draft.Level("group.memory", of, memory);
        if (now is { MemoryBytes: { } taken, MemoryMost: { } most } && most > 0)
            draft.Level("group.memory.use", of, Math.Round(100.0 * taken / most, 3));
        if (now.Tasks is { } tasks)
            draft.Level("group.tasks", of, tasks);
        // A group that was made anew counts from 0.
        if (before is null || !(now.CpuSeconds >= before.CpuSeconds))
            return;
        draft.Rate(InsideMetric.Key("group.cpu", of), now.CpuSeconds.Value - before.CpuSeconds.Value, over);
        if (!(now.Periods > 0 && now.Periods >= before.Periods))
            return;
        draft.Rate(InsideMetric.Key("group.throttled.time", of), (now.ThrottledSeconds - before.ThrottledSeconds) ?? 0, over);
        draft.Share(InsideMetric.Key("group.throttled", of), (now.ThrottledPeriods - before.ThrottledPeriods) ?? 0, now.Periods.Value - before.Periods.Value);
    }
}
