using System.Globalization;

namespace Loadline.Probes;

/// <summary>What Linux tells of a process in <c>/proc</c>. Elsewhere, and where it may not be read, there is nothing.</summary>
internal static class ProcFiles
{
    /// <summary>How many file descriptors a process has open; null when it can't be seen.</summary>
    /// <param name="id">The process.</param>
    /// <param name="root">Where the file system begins; a test's folder in tests.</param>
    public static int? OpenFiles(int id, string root = "/")
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(root, "proc", Text(id), "fd")).Count();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What the interfaces of a process's network namespace received and sent since they are there, loopback included; null when it can't be seen.</summary>
    /// <param name="id">The process.</param>
    /// <param name="root">Where the file system begins; a test's folder in tests.</param>
    public static (string Namespace, long In, long Out)? Network(int id, string root = "/")
    {
        try
        {
            var folder = Path.Combine(root, "proc", Text(id));
            var name = Namespace(folder);
            var (received, sent) = (0L, 0L);
            // Two lines of heads; then "eth0: bytes packets errs drop fifo frame compressed multicast bytes …", eight columns received and eight sent.
            foreach (var line in File.ReadLines(Path.Combine(folder, "net", "dev")).Skip(2))
                if (line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: >= 9 } columns
                    && long.TryParse(columns[0], CultureInfo.InvariantCulture, out var came) && long.TryParse(columns[8], CultureInfo.InvariantCulture, out var went))
                    (received, sent) = (received + came, sent + went);
            return (name, received, sent);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The network namespace of this process; empty where there are none.</summary>
    public static string OwnNamespace(string root = "/") => Namespace(Path.Combine(root, "proc", "self"));

    private static string Namespace(string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(folder, "ns", "net")).LinkTarget ?? "";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Text(int id) => id.ToString(CultureInfo.InvariantCulture);
}
