using System.Globalization;

namespace Rag.Bench.Engines;

/// <summary>CPU time and memory of processes with all their descendants, from <c>/proc</c>. Children that have ended count where their parent waited for them.</summary>
internal static class ProcessTrees
{
    private const double TicksPerSecond = 100; // USER_HZ on Linux

    /// <summary>Seconds of CPU and mebibytes of resident memory of a process and its descendants; shared pages count for each.</summary>
    /// <remarks>Of this process itself without its descendants: among them is what it measures.</remarks>
    public static (double CpuSeconds, double MiB) Of(int root)
    {
        var parents = new Dictionary<int, int>();
        var cpu = new Dictionary<int, double>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || Read(Path.Combine(folder, "stat")) is not { } stat)
                continue;
            // "pid (name) state ppid …": the name may hold anything, so fields count from its closing parenthesis.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            parents[id] = int.Parse(fields[1], CultureInfo.InvariantCulture);
            cpu[id] = fields[11..(id == Environment.ProcessId ? 13 : 15)].Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;
        }

        var all = parents.Keys.Where(id => root == Environment.ProcessId ? id == root : Descends(id, root, parents)).ToList();
        return (all.Sum(id => cpu[id]), all.Sum(Resident));
    }

    private static bool Descends(int id, int root, Dictionary<int, int> parents)
    {
        for (var steps = 0; steps < 64; steps++)
        {
            if (id == root)
                return true;
            if (!parents.TryGetValue(id, out id))
                return false;
        }

        return false;
    }

    private static double Resident(int id) =>
        Read($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/statm")?.Split(' ') is [_, var pages, ..] ? double.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize / (1 << 20) : 0;

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended meanwhile
        }
    }
}
