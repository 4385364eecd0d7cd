using System.Globalization;

namespace Loadline.Probes;

/// <summary>How many cores this process may use: the least of its affinity and the quotas of its control group and of the groups above it.</summary>
public static class CpuShare
{
    /// <summary>Reads it, in cores; the affinity alone where the operating system has no control groups.</summary>
    /// <param name="root">Where the file system begins; a test's folder in tests.</param>
    /// <param name="cores">Cores by affinity; null asks the runtime, which rounds quotas up.</param>
    public static double Read(string root = "/", int? cores = null)
    {
        double share = cores ?? Environment.ProcessorCount;
        foreach (var group in Groups(root))
            share = Math.Min(share, Quota(root, group) ?? double.PositiveInfinity);
        return share;
    }

    // "0::/a/b" is the group of version 2; of version 1 the line names its controllers: "4:cpu,cpuacct:/a/b". A container sees its own group as the root.
    private static IEnumerable<string> Groups(string root)
    {
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            var parts = line.Split(':', 3);
            if (parts.Length < 3 || (parts[1].Length > 0 && !parts[1].Split(',').Contains("cpu")))
                continue;
            var mount = parts[1].Length == 0 ? "" : "cpu";
            for (var group = parts[2].Trim('/'); ; group = group.LastIndexOf('/') is > 0 and var slash ? group[..slash] : "")
            {
                yield return Path.Combine("sys/fs/cgroup", mount, group);
                if (group.Length == 0)
                    break;
            }
        }
    }

    private static double? Quota(string root, string group)
    {
        // "max 100000" or "150000 100000": microseconds of a period.
        if (Lines(Path.Combine(root, group, "cpu.max")) is [var line, ..] && line.Split(' ') is [var quota, var period])
            return Ratio(quota, period);
        return Lines(Path.Combine(root, group, "cpu.cfs_quota_us")) is [var old, ..] && Lines(Path.Combine(root, group, "cpu.cfs_period_us")) is [var length, ..] ? Ratio(old, length) : null;
    }

    private static double? Ratio(string quota, string period) =>
        double.TryParse(quota, CultureInfo.InvariantCulture, out var time) && double.TryParse(period, CultureInfo.InvariantCulture, out var of) && time > 0 && of > 0 ? time / of : null;

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
