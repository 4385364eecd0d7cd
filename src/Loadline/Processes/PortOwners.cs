using System.Globalization;

namespace Loadline.Processes;

/// <summary>Who listens on a TCP port of this machine, as Linux tells in <c>/proc</c>: of the same network namespace, and of processes that this user may look at.</summary>
internal static class PortOwners
{
    private const string Listening = "0A";

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Whether it can be told here.</summary>
    public static bool AreKnown => OperatingSystem.IsLinux();

    /// <summary>The processes that listen on a port: several when they share a socket, as workers of one parent do. Empty for none, and where it can't be told.</summary>
    public static IReadOnlyList<int> Of(int port)
    {
        var sockets = Tables.Where(File.Exists).SelectMany(File.ReadLines).Select(line => SocketOf(line, port)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return sockets.Count == 0 ? [] : [.. Processes().Where(process => Holds(process, sockets))];
    }

    /// <summary>The name of the socket in a line of the table, as links to it read; null unless it listens on the port.</summary>
    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
    internal static string? SocketOf(string line, int port)
    {
        var fields = line.Split(' ', 11, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 9 && fields[3] == Listening && fields[1].LastIndexOf(':') is > 0 and var colon &&
            int.TryParse(fields[1].AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var found) && found == port
            ? $"socket:[{fields[9]}]"
            : null;
    }

    private static IEnumerable<int> Processes() =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
        where id > 1
        select id;

    private static bool Holds(int process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(file => new FileInfo(file).LinkTarget is { } link && sockets.Contains(link));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }
}
