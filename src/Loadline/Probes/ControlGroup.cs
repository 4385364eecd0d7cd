using System.Globalization;

namespace Loadline.Probes;

/// <summary>What Linux tells of a control group (version 2): of all processes in it and in the groups below it. What isn't told is null.</summary>
/// <param name="CpuSeconds">Processor time since it was made: <c>cpu.stat</c>, usage_usec.</param>
/// <param name="ThrottledSeconds">For how long its threads waited because its quota was used up, of all processors together: throttled_usec.</param>
/// <param name="Periods">Periods of its quota in which it ran: nr_periods; null or 0 without a quota.</param>
/// <param name="ThrottledPeriods">Those in which the quota was used up: nr_throttled.</param>
/// <param name="MemoryBytes">Memory that is charged to it, the cache of its files included: <c>memory.current</c>.</param>
/// <param name="MemoryMost">The most that it may have: <c>memory.max</c>; null for no limit.</param>
/// <param name="Tasks">Processes and threads: <c>pids.current</c>.</param>
internal sealed record ControlGroup(double? CpuSeconds, double? ThrottledSeconds, long? Periods, long? ThrottledPeriods, long? MemoryBytes, long? MemoryMost, long? Tasks)
{
    private const string Mount = "sys/fs/cgroup", Usage = "usage_usec", Throttled = "throttled_usec";

    /// <summary>The group that a process is in, as its path below the mount; null where it can't be seen, or has none of version 2.</summary>
    /// <param name="process">The process's id, or <c>self</c>.</param>
    /// <param name="root">Where the file system begins; a test's folder in tests.</param>
    public static string? Of(string process, string root = "/")
    {
        // "0::/a/b" is the group of version 2; "/.." leads out of what a namespace shows.
        var path = Lines(Path.Combine(root, "proc", process, "cgroup")).FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal))?[4..];
        return path is null || path.StartsWith("..", StringComparison.Ordinal) ? null : path;
    }

    /// <summary>Looks at a group; null where nothing is told of it, as of the root of a machine.</summary>
    /// <param name="path">Its path below the mount.</param>
    /// <param name="root">Where the file system begins; a test's folder in tests.</param>
    public static ControlGroup? Look(string path, string root = "/")
    {
        var folder = Path.Combine(root, Mount, path);
        if (!File.Exists(Path.Combine(folder, "memory.current")) && !File.Exists(Path.Combine(folder, "pids.current")))
            return null;
        var cpu = Lines(Path.Combine(folder, "cpu.stat")).Select(line => line.Split(' ')).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => Number(parts[1]));
        return new ControlGroup(
            cpu.GetValueOrDefault(Usage) / 1e6, cpu.GetValueOrDefault(Throttled) / 1e6, cpu.GetValueOrDefault("nr_periods"), cpu.GetValueOrDefault("nr_throttled"),
            Single(folder, "memory.current"), Single(folder, "memory.max"), Single(folder, "pids.current"));
    }

    // "max" is no number.
    private static long? Single(string folder, string file) => Lines(Path.Combine(folder, file)) is [var line, ..] ? Number(line) : null;

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
