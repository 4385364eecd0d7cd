using System.Buffers;
using System.Net.Sockets;

namespace Loadline.Faults.Proxy;

/// <summary>
/// One direction of a connection. Without toxics what is read is written at once, by the reader itself; with toxics it goes through their stages, and a writer
/// sends what has passed them.
/// </summary>
/// <remarks>State is under the connection's gate. <see cref="_writing"/> is whose turn it is to write: the reader's, the writer's or, until the server is reached, nobody's.</remarks>
internal sealed class Link : IStageHost, IDisposable
{
    private const int ReadSize = 16 * 1024;
    private const int MostAtOnce = 32;

    private readonly Connection _connection;
    private readonly Lock _gate;
    private readonly ProxyClock _clock;
    private readonly StreamCounter _counter;
    private readonly ProxyOptions _bounds;
    private readonly ITimer _timer;
    private readonly List<Stage> _stages = [];
    private Outgoing _out = new();
    private Outgoing _sending = new();
    private TaskCompletionSource? _room;
    private long _armed = Behaviour.Never;
    private bool _writing = true;
    private bool _closed;

    internal Link(Connection connection, ToxicStream stream, ProxyClock clock, StreamCounter counter, ProxyOptions bounds)
    {
        (_connection, Stream, _clock, _counter, _bounds) = (connection, stream, clock, counter, bounds);
        _gate = connection.Gate;
        _timer = clock.CreateTimer(OnTime);
    }

    internal ToxicStream Stream { get; }

    public long Now { get; private set; }

    /// <summary>Whether its source has ended.</summary>
    internal bool SourceEnded { get; private set; }

    /// <summary>Whether its end has been written.</summary>
    internal bool Ended { get; private set; }

    /// <summary>Whether something in it waits until a toxic goes.</summary>
    internal bool Holds => _stages.Exists(stage => stage.Behaviour.Holds);

    private bool HasRoom => _stages.Count == 0
        ? _out.Weight < _bounds.MostHeld
        : _stages.Sum(stage => stage.Weight) + _out.Weight < Math.Clamp(_stages.Max(stage => stage.Behaviour.InFlight), _bounds.MostHeld, Math.Max(_bounds.MostHeld, _bounds.MostDelayed));

    /// <summary>Reads until the source ends or the connection does.</summary>
    internal async Task ReadAsync(Peer source)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            for (var atOnce = 1; ; atOnce++)
            {
                // One that always has more doesn't keep the loop's thread from the others.
                if (atOnce % MostAtOnce == 0)
                    await Task.Yield();
                await RoomAsync().ConfigureAwait(false);
                var receiving = source.ReceiveAsync(buffer.AsMemory(0, ReadSize));
                if (!receiving.IsCompleted)
                    atOnce = 0;
                var count = await receiving.ConfigureAwait(false);
                if (count > 0)
                    _counter.Receive(count);
                if (Enter(buffer.AsSpan(0, count)) && !await PassOnAsync(buffer.AsMemory(0, count)).ConfigureAwait(false))
                    return;
                if (count == 0)
                    return;
            }
        }
        catch (Exception problem) when (problem is SocketException or IOException or ObjectDisposedException)
        {
            _connection.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The destination is there: what has passed may be written.</summary>
    internal void Open()
    {
        _writing = false;
        Kick();
    }

    /// <summary>Runs a change of the stages, or of anything that makes bytes, at the present time. Under the gate.</summary>
    internal void Do(Action<List<Stage>> change)
    {
        if (_closed)
            return;
        Now = _clock.Now;
        change(_stages);
        Settle();
    }

    public void Emit(ReadOnlySpan<byte> bytes) => _out.Add(bytes);

    public void End() => _out.End(Ending.End);

    public void Finish(bool reset) => _out.End(reset ? Ending.Reset : Ending.Close);

    /// <summary>Gives memory and timer back. Under the gate.</summary>
    public void Dispose()
    {
        _closed = true;
        _timer.Dispose();
        foreach (var stage in _stages)
            stage.Dispose();
        _out.Dispose();
        _room?.TrySetResult();
    }

    /// <summary>Takes what was read into the stages; an empty piece is the end.</summary>
    /// <returns>Whether there are none, and the reader may write it itself.</returns>
    private bool Enter(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            if (bytes.IsEmpty)
            {
                SourceEnded = true;
                Do(stages =>
                {
                    if (stages.Count > 0)
                        stages[0].End();
                    else
                        End();
                });
                _connection.LookForNobody();
                return false;
            }
            if (_stages.Count == 0 && !_writing && _out.IsEmpty)
                return _writing = true;
            Now = _clock.Now;
            if (_stages.Count > 0)
                _stages[0].Take(bytes);
            else
                Emit(bytes);
            Settle();
            return false;
        }
    }

    private async ValueTask<bool> PassOnAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_connection.Destination(Stream) is not { } destination)
            return false;
        await SendAsync(destination, bytes).ConfigureAwait(false);
        lock (_gate)
        {
            _writing = false;
            Kick();
            return !_closed;
        }
    }

    private async ValueTask SendAsync(Peer destination, ReadOnlyMemory<byte> bytes)
    {
        await destination.SendAsync(bytes).ConfigureAwait(false);
        _counter.Send(bytes.Length);
    }

    /// <summary>After every change: what is due goes on, the timer is set for what is due next, the writer runs if there is something to write.</summary>
    private void Settle()
    {
        foreach (var stage in _stages)
            stage.Pump();
        var due = _stages.Count == 0 ? Behaviour.Never : _stages.Min(stage => stage.Due);
        if (due != _armed)
            _clock.Set(_timer, _armed = due);
        if (_room is { } room && HasRoom)
        {
            _room = null;
            room.TrySetResult();
        }
        Kick();
    }

    private void OnTime()
    {
        lock (_gate)
        {
            _armed = Behaviour.Never;
            Do(static _ => { });
        }
    }

    private void Kick()
    {
        if (_writing || _closed || _out.IsEmpty)
            return;
        _writing = true;
        _ = WriteAsync();
    }

    private async Task WriteAsync()
    {
        await Task.Yield();
        try
        {
            while (TakeOutgoing() is { } destination)
            {
                var at = 0;
                for (var i = 0; i < _sending.Pieces.Count; at += _sending.Pieces[i++])
                    await SendAsync(destination, _sending.Bytes(at, _sending.Pieces[i])).ConfigureAwait(false);
                if (_sending.Ending == Ending.End)
                    destination.EndSending();
                var ending = _sending.Ending;
                lock (_gate)
                {
                    _sending.Dispose();
                    Ended |= ending != Ending.None;
                }
                if (ending == Ending.None)
                    continue;
                _connection.After(ending);
                return;
            }
        }
        catch (Exception problem) when (problem is SocketException or IOException or ObjectDisposedException)
        {
            _connection.Abort();
        }
    }

    /// <summary>Takes all that is to be written; null when there is nothing, and it is nobody's turn then.</summary>
    private Peer? TakeOutgoing()
    {
        lock (_gate)
        {
            var destination = _closed ? null : _connection.Destination(Stream);
            if (destination is null || _out.IsEmpty)
            {
                _writing = false;
                return null;
            }
            (_out, _sending) = (_sending, _out);
            if (_room is { } room && HasRoom)
            {
                _room = null;
                room.TrySetResult();
            }
            return destination;
        }
    }

    /// <summary>Waits until less is held than the bound: back-pressure, not memory.</summary>
    private ValueTask RoomAsync()
    {
        lock (_gate)
        {
            if (_closed || HasRoom)
                return default;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task);
        }
    }
}
