using System.Runtime.InteropServices;

namespace Loadline.Users;

/// <summary>
/// Sleeps in the kernel to the microsecond (nanosleep, which Linux and macOS end some 60 µs late) and does not spin: at 5,000 arrivals a second spinning would take a processor from
/// the target. Elsewhere it sleeps in whole milliseconds, two of which it spins for.
/// </summary>
internal static partial class PreciseSleep
{
    private const long Millisecond = 1_000_000;

    /// <summary>Whether the kernel does all of it, without spinning.</summary>
    internal static bool IsKernels { get; } = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    /// <summary>Sleeps for some nanoseconds, or a little less where it spins: look at the clock, and sleep again. Where it sleeps in milliseconds, stopping ends it.</summary>
    internal static void For(long nanoseconds, CancellationToken stop)
    {
        if (IsKernels)
            NanoSleep(new TimeSpec { Seconds = (nint)(nanoseconds / 1_000_000_000), Nanoseconds = (nint)(nanoseconds % 1_000_000_000) }, 0);
        else if (nanoseconds > 2 * Millisecond)
            stop.WaitHandle.WaitOne((int)(nanoseconds / Millisecond) - 1);
        else
            Thread.SpinWait(20);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
