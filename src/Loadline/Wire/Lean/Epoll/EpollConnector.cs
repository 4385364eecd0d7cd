using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;

namespace Loadline.Wire.Lean.Epoll;

/// <summary>Connections on <see cref="EpollLoop"/>s, as many as there are processors to run on, each begun when it is first needed.</summary>
/// <param name="tls">How TLS is spoken; null for not at all.</param>
internal sealed class EpollConnector(SslClientAuthenticationOptions? tls) : IConnector
{
    private const int MostLoops = 16;
    private const int TimedOut = 110;

    private readonly EpollLoop?[] _loops = new EpollLoop?[Math.Clamp(Environment.ProcessorCount, 1, MostLoops)];
    private readonly Lock _gate = new();
    private int _next;

    /// <summary>Whether the system has what it takes.</summary>
    internal static bool IsSupported { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    public int Shelves => _loops.Length;

    public int Here
    {
        get
        {
            if (EpollLoop.Current is { } current)
            {
                var index = Array.IndexOf(_loops, current);
                if (index >= 0)
                    return index;
            }
            return Thread.GetCurrentProcessorId() % _loops.Length;
        }
    }

    public async ValueTask<LeanConnection> ConnectAsync(LeanWire wire, IPEndPoint address, CancellationToken limit)
    {
        // In turn, so that every loop has its share however unevenly callers come.
        var shelf = (int)((uint)Interlocked.Increment(ref _next) % (uint)_loops.Length);
        var connecting = new Connecting();
        var socket = Loop(shelf).Connect(address, connecting, out var error) ?? throw new ConnectException(FailureClassifier.OfErrno(error));
        if (!await connecting.WaitAsync(limit).ConfigureAwait(false))
            error = TimedOut;
        else
            error = Libc.ErrorOf(socket.Fd);
        if (error != 0)
        {
            socket.Close();
            throw new ConnectException(FailureClassifier.OfErrno(error));
        }
        var connection = tls is null ? new PlainConnection(wire, socket, shelf) : await SecureAsync(wire, socket, tls, shelf, limit).ConfigureAwait(false);
        return connection;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var loop in _loops)
                loop?.Dispose();
        }
    }

    private EpollLoop Loop(int index)
    {
        lock (_gate)
        {
            try
            {
                return _loops[index] ??= new EpollLoop($"loadline wire {index}");
            }
            catch (SocketException)
            {
                throw new ConnectException(Reasons.ConnectFailed);
            }
        }
    }

    private static async ValueTask<LeanConnection> SecureAsync(
        LeanWire wire, EpollSocket socket, SslClientAuthenticationOptions tls, int shelf, CancellationToken limit)
    {
        var plain = new EpollStream(socket);
        try
        {
            var connection = new StreamConnection(wire, await TlsHandshake.OverAsync(plain, tls, limit).ConfigureAwait(false), shelf);
            _ = connection.ReceiveAsync();
            return connection;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or AuthenticationException or ObjectDisposedException)
        {
            plain.Dispose();
            throw new ConnectException(FailureClassifier.OfConnecting(e));
        }
    }

    /// <summary>Waits until it is decided whether a socket is connected.</summary>
    private sealed class Connecting : IReadiness
    {
        // Goes on on the loop's thread: a connection is made, a request sent.
        private readonly TaskCompletionSource<bool> _decided = new();

        public void Ready(uint events) => _decided.TrySetResult(true);

        internal async ValueTask<bool> WaitAsync(CancellationToken limit)
        {
            await using var over = limit.UnsafeRegister(static state => ((Connecting)state!)._decided.TrySetResult(false), this).ConfigureAwait(false);
            return await _decided.Task.ConfigureAwait(false);
        }
    }
}
