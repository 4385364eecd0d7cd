using System.Runtime.InteropServices;

namespace Rag.Engines.Onnx;

/// <summary>
/// Memory that a closed model has freed. glibc keeps it in the arenas of the threads that asked for it, and each session has threads of its own: over many loads the
/// process would seem to grow. Told to, it goes back to the system. Elsewhere (musl, other systems) nothing is done.
/// </summary>
internal static class FreedMemory
{
    public static void GiveBack()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not glibc.
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Trim(nuint keep);
}
