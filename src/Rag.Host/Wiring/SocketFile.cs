using System.Net.Sockets;

namespace Rag.Host.Wiring;

/// <summary>The file of a unix socket that is listened on. One that was left by a process which is gone would be in the way of the next.</summary>
internal static class SocketFile
{
    /// <summary>Removes the file when nobody listens behind it.</summary>
    public static void Free(string path)
    {
        if (!File.Exists(path))
            return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException)
        {
            return; // no socket, or not ours to touch: listening fails, and says why
        }

        throw new CommandException(ExitCode.AddressUnavailable, $"--grpc: another process listens on unix:{path}; stop that one or name another address");
    }

    /// <summary>Lets this user alone connect.</summary>
    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
