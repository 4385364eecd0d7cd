using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Loadline.Processes;

/// <summary>Signals to processes of this machine; on Windows there are none, and nothing is sent.</summary>
internal static partial class Signals
{
    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>SIGSTOP, which differs between kernels.</summary>
    public static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;

    /// <summary>SIGCONT.</summary>
    public static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    /// <summary>Sends one.</summary>
    /// <returns>False when there is no such process, or it is not ours to signal.</returns>
    public static bool Send(int processId, int signal) => !OperatingSystem.IsWindows() && SendSignal(processId, signal) == 0;

    /// <summary>When a process started, in ticks of UTC: with its id it tells a process from a later one of the same id. Null when there is none.</summary>
    public static long? StartOf(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return process.HasExited ? null : process.StartTime.ToUniversalTime().Ticks;
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Sends a signal to the process that started then, and to no later one with its id.</summary>
    public static bool SendTo(int processId, long start, int signal) => IsStill(processId, start) && Send(processId, signal);

    /// <summary>Whether the process that started then still runs.</summary>
    // The kernel tells starts to a hundredth of a second since boot, and boot's own time is read with another clock each time.
    public static bool IsStill(int processId, long start) => StartOf(processId) is { } now && Math.Abs(now - start) < TimeSpan.TicksPerSecond;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
