using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rag.Host.Supervising;

/// <summary>Asks a process to stop, which .NET can't.</summary>
internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>SIGTERM; on Windows, which has none, the process is ended.</summary>
    public static void Terminate(Process process)
    {
        if (OperatingSystem.IsWindows())
            process.Kill();
        else
            _ = Send(process.Id, SigTerm); // fails only for a process that has ended
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int processId, int signal);
}
