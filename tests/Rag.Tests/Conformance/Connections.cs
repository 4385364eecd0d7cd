using System.Globalization;

namespace Rag.Tests.Conformance;

/// <summary>Open connections of this machine's processes, as the kernel lists them.</summary>
internal static class Connections
{
    private const string Established = "01";

    /// <summary>How many are open to a port of this machine.</summary>
    public static int To(int port)
    {
        var remote = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return new[] { "/proc/self/net/tcp", "/proc/self/net/tcp6" }.SelectMany(list => File.ReadLines(list).Skip(1)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[3] == Established && fields[2].EndsWith(remote, StringComparison.Ordinal));
    }
}
