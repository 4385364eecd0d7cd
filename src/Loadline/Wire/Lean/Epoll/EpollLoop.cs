using System.Net.Sockets;

namespace Loadline.Wire.Lean.Epoll;

/// <summary>
/// A thread that waits for many sockets at once (Linux), reads what has come, and only then lets those whose answers are whole go on: so that the time stamped on a
/// byte does not include what other users do with theirs.
/// </summary>
/// <remarks>Edge-triggered: one system call to wait for many, one to read each, none to ask again. .NET's own sockets pass each readiness to a thread pool first.</remarks>
internal sealed unsafe class EpollLoop : IDisposable
{
    private const int MostEvents = 256;
    private const int ReceiveBytes = 64 * 1024;
    private const ulong WakeUp = ulong.MaxValue;
    private const uint Watched = Libc.In | Libc.Out | Libc.PeerClosed | Libc.EdgeTriggered;
    private const int CloseOnExec = 0x80000;

    private readonly Lock _gate = new();
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Thread _thread;
    private readonly List<LeanCall> _finished = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true);
    private EpollSocket?[] _sockets = new EpollSocket?[64];
    private long _lastId;
    private volatile bool _stopping;

    internal EpollLoop(string name)
    {
        _epoll = Libc.CreateEpoll(CloseOnExec);
        _wake = Libc.CreateEvent(0, CloseOnExec);
        if (_epoll < 0 || _wake < 0 || Libc.Watch(_epoll, Libc.Add, _wake, Libc.In, WakeUp) != 0)
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>The loop whose thread this is; null on others.</summary>
    [field: ThreadStatic]
    internal static EpollLoop? Current { get; private set; }

    /// <summary>What the loop's thread receives into. It is read at once, so one is enough for all: an idle connection has no buffer.</summary>
    internal Span<byte> Buffer => _buffer;

    /// <summary>Makes a socket and begins to connect it; the loop tells its handler when that is decided.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="handler">Takes readiness.</param>
    /// <param name="error">An errno when it failed at once.</param>
    internal EpollSocket? Connect(System.Net.EndPoint address, IReadiness handler, out int error)
    {
        var fd = _stopping ? -1 : Libc.Socket(address.AddressFamily);
        if (fd < 0)
        {
            error = Libc.LastError;
            return null;
        }
        var socket = new EpollSocket(this, fd, Interlocked.Increment(ref _lastId) & 0xFFFF_FFFF) { Handler = handler };
        error = socket.Connect(address);
        if (error is 0 or Libc.InProgress)
        {
            Register(socket);
            // Only now: a socket that is not connecting counts as hung up.
            error = Libc.Watch(_epoll, Libc.Add, fd, Watched, DataOf(socket)) == 0 ? 0 : Libc.LastError;
        }
        if (error == 0)
            return socket;
        Close(socket);
        return null;
    }

    /// <summary>Takes a connected socket of .NET's under a number of its own: both are to be closed.</summary>
    /// <returns>Null when the system has no number left.</returns>
    internal EpollSocket? Adopt(Socket connected)
    {
        var fd = _stopping ? -1 : Libc.Duplicate((int)connected.Handle);
        if (fd < 0)
            return null;
        var socket = new EpollSocket(this, fd, Interlocked.Increment(ref _lastId) & 0xFFFF_FFFF);
        Register(socket);
        if (Libc.Watch(_epoll, Libc.Add, fd, Watched, DataOf(socket)) == 0)
            return socket;
        Close(socket);
        return null;
    }

    internal void Rearm(EpollSocket socket) => _ = Libc.Watch(_epoll, Libc.Modify, socket.Fd, Watched, DataOf(socket));

    internal void Close(EpollSocket socket)
    {
        lock (_gate)
        {
            if (socket.Fd < _sockets.Length && _sockets[socket.Fd] == socket)
                _sockets[socket.Fd] = null;
        }
        _ = Libc.Close(socket.Fd);
    }

    /// <summary>Lets a call's caller go on after everything that is ready has been read. On this thread only.</summary>
    internal void Finish(LeanCall call) => _finished.Add(call);

    /// <summary>Stops the thread. Sockets should be closed before.</summary>
    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        ulong one = 1;
        _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    private static ulong DataOf(EpollSocket socket) => (uint)socket.Fd | ((ulong)socket.Id << 32);

    private void Register(EpollSocket socket)
    {
        lock (_gate)
        {
            if (socket.Fd >= _sockets.Length)
            {
                var larger = new EpollSocket?[Math.Max(socket.Fd + 1, _sockets.Length * 2)];
                _sockets.CopyTo(larger, 0);
                Volatile.Write(ref _sockets, larger);
            }
            _sockets[socket.Fd] = socket;
        }
    }

    private void Run()
    {
        Current = this;
        var events = stackalloc byte[MostEvents * Libc.EventBytes];
        while (!_stopping)
        {
            var count = Libc.Wait(_epoll, events, MostEvents, -1);
            for (var i = 0; i < count; i++)
            {
                var at = events + (i * Libc.EventBytes);
                var data = *(ulong*)(at + Libc.EventDataOffset);
                if (data != WakeUp)
                    Find(data)?.Handler?.Ready(*(uint*)at);
            }
            LetGoOn();
        }
        _ = Libc.Close(_epoll);
        _ = Libc.Close(_wake);
    }

    // An event may be of a socket that was closed since, and its number another's: the id tells.
    private EpollSocket? Find(ulong data)
    {
        var fd = (int)(uint)data;
        var sockets = Volatile.Read(ref _sockets);
        return fd < sockets.Length && sockets[fd] is { } socket && DataOf(socket) == data ? socket : null;
    }

    private void LetGoOn()
    {
        // Callers who go on send again, and what fails at once may finish another call meanwhile.
        for (var i = 0; i < _finished.Count; i++)
            _finished[i].LetCallerGoOn();
        _finished.Clear();
    }
}
