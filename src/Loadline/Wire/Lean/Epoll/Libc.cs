using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Loadline.Wire.Lean.Epoll;

/// <summary>What the loop needs of Linux. Numbers are those of x64 and arm64.</summary>
internal static unsafe partial class Libc
{
    internal const uint In = 1, Out = 4, Error = 8, HangUp = 0x10, PeerClosed = 0x2000, EdgeTriggered = 1u << 31;

    internal const int Add = 1, Modify = 3;
    internal const int Again = 11, Interrupted = 4, InProgress = 115, TooManyFiles = 24;

    internal const int DontWait = 0x40, NoSignal = 0x4000;

    private const int DuplicateCloseOnExec = 1030;
    private const int Stream = 1, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int InterNetwork = 2, InterNetworkV6 = 10;
    private const int SocketLevel = 1, SocketErrorOption = 4, Tcp = 6, NoDelay = 1;

    // struct epoll_event is packed on x64 alone.
    internal static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    internal static readonly int EventDataOffset = EventBytes - 8;

    internal static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>A TCP socket that doesn't block and doesn't wait for company (Nagle); below 0 with <see cref="LastError"/> set when there is none.</summary>
    internal static int Socket(AddressFamily family)
    {
        var fd = SocketOf(family == AddressFamily.InterNetworkV6 ? InterNetworkV6 : InterNetwork, Stream | NonBlocking | CloseOnExec, 0);
        var on = 1;
        if (fd >= 0)
            _ = SetOption(fd, Tcp, NoDelay, &on, sizeof(int));
        return fd;
    }

    /// <summary>The error that a socket has kept, a connection's above all; 0 for none.</summary>
    internal static int ErrorOf(int fd)
    {
        int error = 0, size = sizeof(int);
        return GetOption(fd, SocketLevel, SocketErrorOption, &error, &size) == 0 ? error : LastError;
    }

    /// <summary>Another number for the same socket; below 0 with <see cref="LastError"/> set when there is none.</summary>
    internal static int Duplicate(int fd) => Control(fd, DuplicateCloseOnExec, 0);

    internal static int Watch(int epoll, int operation, int fd, uint events, ulong data)
    {
        var bytes = stackalloc byte[16];
        *(uint*)bytes = events;
        *(ulong*)(bytes + EventDataOffset) = data;
        return Control(epoll, operation, fd, bytes);
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int CreateEpoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int Wait(int epoll, byte* events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int CreateEvent(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int fd, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int fd, byte* bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int fd, byte* bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int fd, int command, int value);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketOf(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int fd, int level, int name, int* value, int size);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int fd, int level, int name, int* value, int* size);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int fd, byte* events);
}
