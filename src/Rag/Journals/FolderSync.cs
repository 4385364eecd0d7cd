using System.Runtime.InteropServices;

namespace Rag.Journals;

/// <summary>Makes created, renamed and deleted names of a folder durable: on Unix a file's fsync doesn't cover its name. .NET can't open folders, so this calls libc.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return; // NTFS journals names itself, and a folder can't be flushed there

        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw new JournalException($"{folder}: can't be opened to make its names durable (errno {Marshal.GetLastPInvokeError()}); check its permissions");
        var failed = Fsync(descriptor) != 0;
        var errno = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (failed)
            throw new JournalException($"{folder}: fsync failed (errno {errno}); check the disk");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
