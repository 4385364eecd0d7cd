namespace Loadline.Wire.Lean.Epoll;

/// <summary>A connection without TLS on an <see cref="EpollLoop"/>: sends from whatever thread, receives on the loop's.</summary>
internal sealed class PlainConnection : LeanConnection, IReadiness
{
    // A server that floods must not keep the loop from the others.
    private const int MostReadsAtATime = 16;

    private readonly EpollSocket _socket;
    private int _unsent;

    internal PlainConnection(LeanWire wire, EpollSocket socket, int shelf)
        : base(wire)
    {
        (_socket, Shelf) = (socket, shelf);
        socket.HandTo(this);
    }

    internal override int Shelf { get; }

    public void Ready(uint events)
    {
        Next next;
        lock (Gate)
        {
            if (Closed)
                return;
            if ((events & Libc.Out) != 0 && _unsent > 0)
                SendRest();
            if ((events & ~Libc.Out) == 0)
                return;
            next = Receive(_socket.Loop.Buffer, events);
        }
        Settle(next);
    }

    private protected override Next Send(LeanCall call)
    {
        _unsent = call.Request.Length;
        return SendRest() ? default : ReceiveLast();
    }

    private protected override bool IsSending(LeanCall call) => _unsent > 0;

    private protected override void CloseSocket() => _socket.Close();

    private protected override void LetGoOn(LeanCall call)
    {
        if (EpollLoop.Current == _socket.Loop)
            _socket.Loop.Finish(call);
        else
            call.LetCallerGoOn();
    }

    private bool SendRest()
    {
        while (_unsent > 0)
        {
            var sent = _socket.Send(Request[^_unsent..], out var error);
            // What doesn't fit waits until the loop says that there is room again.
            if (sent < 0)
                return error == Libc.Again;
            _unsent -= sent;
        }
        return true;
    }

    private Next Receive(Span<byte> buffer, uint events)
    {
        PeerClosed |= (events & (Libc.PeerClosed | Libc.HangUp | Libc.Error)) != 0;
        for (var reads = 0; reads < MostReadsAtATime; reads++)
        {
            var count = _socket.Receive(buffer, out var error);
            if (count < 0)
                return error == Libc.Again ? default : End(Reasons.Reset);
            if (count == 0)
                return End(null);
            var next = Take(buffer[..count]);
            if (next.Step != After.Nothing || Closed)
                return next;
            // Less than asked for is all that there was, and what comes later is told anew.
            if (count < buffer.Length && !PeerClosed)
                return default;
        }
        _socket.TellAgain();
        return default;
    }

    // Sending failed: the server has gone, but may have said why before. Not on the loop's thread, so not into its buffer.
    private Next ReceiveLast()
    {
        Span<byte> buffer = stackalloc byte[4096];
        var next = Receive(buffer, Libc.HangUp);
        return next.Step == After.Nothing && !Closed ? End(Reasons.Reset) : next;
    }
}
