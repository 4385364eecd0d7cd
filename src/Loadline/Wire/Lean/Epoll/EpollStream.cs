using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Loadline.Wire.Lean.Epoll;

/// <summary>A loop's socket as a stream, for TLS to lie upon. One may read and one write at the same time; a read of nothing waits until there may be something.</summary>
internal sealed class EpollStream : Stream, IReadiness
{
    private readonly Lock _gate = new();
    private readonly EpollSocket _socket;
    private readonly Signal _readable = new();
    private readonly Signal _writable = new();
    private bool _closed;
    private volatile bool _peerClosed;

    internal EpollStream(EpollSocket socket)
    {
        _socket = socket;
        socket.HandTo(this);
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Ready(uint events)
    {
        if ((events & (Libc.PeerClosed | Libc.HangUp | Libc.Error)) != 0)
            _peerClosed = true;
        if ((events & ~Libc.Out) != 0)
            _readable.Set();
        if ((events & ~Libc.In) != 0)
            _writable.Set();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (buffer.IsEmpty)
            {
                await WaitAsync(_readable, cancellationToken).ConfigureAwait(false);
                return 0;
            }
            _readable.Clear();
            var count = Receive(buffer.Span, out var error);
            // Less than asked for is all that there was. An end that came with it is not told again.
            if (count == buffer.Length || _peerClosed)
                _readable.Set();
            if (count >= 0)
                return count;
            if (error != Libc.Again)
                throw Failure(error);
            await WaitAsync(_readable, cancellationToken).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            _writable.Clear();
            var count = Send(buffer.Span, out var error);
            if (count < 0 && error != Libc.Again)
                throw Failure(error);
            buffer = buffer[Math.Max(0, count)..];
            if (!buffer.IsEmpty && count < 0)
                await WaitAsync(_writable, cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("waits only asynchronously");

    public override void Write(byte[] buffer, int offset, int count)
    {
        // TLS says goodbye when it is closed; what doesn't go at once is left out.
        _ = Send(buffer.AsSpan(offset, count), out _);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _socket.Close();
        }
        // Who waits finds out.
        _readable.Set();
        _writable.Set();
        base.Dispose(disposing);
    }

    private int Receive(Span<byte> buffer, out int error)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _socket.Receive(buffer, out error);
        }
    }

    private int Send(ReadOnlySpan<byte> data, out int error)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _socket.Send(data, out error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WaitAsync(Signal signal, CancellationToken cancellation)
    {
        if (!cancellation.CanBeCanceled)
        {
            await signal.WaitAsync().ConfigureAwait(false);
            return;
        }
        // Only while TLS begins: a wake-up that is none is found out by the next attempt.
        await using var over = cancellation.UnsafeRegister(static state => ((Signal)state!).Set(), signal).ConfigureAwait(false);
        await signal.WaitAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    // The numbers that matter are told apart by who connects; here a connection has broken.
    private static IOException Failure(int error) => new($"the connection broke (errno {error})", new SocketException((int)SocketError.ConnectionReset));
}
