using System.Diagnostics;
using System.Globalization;

namespace Loadline.Runs;

/// <summary>
/// Temporary data folders, named after the process that made them, so that the next run can remove what a killed one (SIGKILL, power) left.
/// </summary>
internal static class AbandonedFolders
{
    private const string Prefix = "loadline-data-";

    /// <summary>Makes a folder of this process's own.</summary>
    public static string Create() =>
        Directory.CreateTempSubdirectory($"{Prefix}{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}-").FullName;

    /// <summary>Removes folders whose process is gone.</summary>
    public static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !IsRunning(id))
                Delete(folder);
        }
    }

    /// <summary>Removes a folder; one that another process is removing at the same time is left to it.</summary>
    public static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next sweep tries again.
        }
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
