using System.Text;

namespace Rag.Host.Supervising;

/// <summary>
/// A folder of this process's own for the services' sockets, open to its user only, removed at the end. A lock in it, which the operating system takes back
/// however the process ends, lets the next <c>rag up</c> tell what a killed one left.
/// </summary>
internal sealed class SocketFolder : IDisposable
{
    // sockaddr_un holds 108 bytes with a closing zero on Linux, 104 on macOS.
    private const int LongestPath = 103;
    private const int LongestName = 20;
    private const string Prefix = "rag-up-";
    private const string LockName = "lock";

    private readonly string _path;
    private readonly FileStream _lock;

    private SocketFolder(string path, FileStream held) => (_path, _lock) = (path, held);

    /// <summary>Makes a folder in the temporary folder or, where that has too long a name for a socket, in <c>/tmp</c>.</summary>
    /// <exception cref="CommandException">It can't be made.</exception>
    public static SocketFolder Create()
    {
        var name = Prefix + Path.GetRandomFileName();
        var root = Path.GetTempPath();
        if (Encoding.UTF8.GetByteCount(Path.Combine(root, name)) > LongestPath - 1 - LongestName)
            root = "/tmp";
        try
        {
            Sweep(root);
            var path = Path.Combine(root, name);
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new SocketFolder(path, Take(path, FileMode.CreateNew));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(
                ExitCode.DataFolderUnusable, $"a folder for sockets can't be made in '{root}': {error.Message}; name another temporary folder with TMPDIR", error);
        }
    }

    /// <summary>The address of a process's socket.</summary>
    public string Address(string process) => "unix:" + Path.Combine(_path, process + ".sock");

    public void Dispose()
    {
        _lock.Dispose();
        Delete(_path);
    }

    private static FileStream Take(string folder, FileMode mode) =>
        new(Path.Combine(folder, LockName), mode, FileAccess.ReadWrite, FileShare.None);

    private static void Sweep(string root)
    {
        foreach (var folder in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            try
            {
                Take(folder, FileMode.Open).Dispose();
                Delete(folder);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // In use, just being made, or another user's.
            }
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another process is removing it at this moment, or a socket of a process that is about to end was made in it: the next sweep tries again.
        }
    }
}
