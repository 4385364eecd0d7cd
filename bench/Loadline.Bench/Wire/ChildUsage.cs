using System.Runtime.InteropServices;

namespace Loadline.Bench.Wire;

/// <summary>The processor time of all children that have ended, as the system counts it (Linux and macOS on 64 bits).</summary>
internal static partial class ChildUsage
{
    private const int Children = -1;

    /// <summary>User and system time together.</summary>
    public static TimeSpan Total()
    {
        Span<long> usage = stackalloc long[18];
        if (Of(Children, usage) != 0)
            throw new InvalidOperationException("getrusage failed");
        return TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3]);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int Of(int who, Span<long> usage);
}
