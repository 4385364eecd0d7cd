namespace Loadline.Wire.Lean;

/// <summary>What became of an attempt to send on a connection.</summary>
internal enum SendStep
{
    /// <summary>The connection has the call and sees to the rest.</summary>
    Taken,

    /// <summary>The connection is closed; another is needed.</summary>
    Closed,

    /// <summary>The call is over already; the connection is free.</summary>
    NotWanted,
}

/// <summary>A connection of HTTP/1.1: carries one call at a time, and rests in the pool between two. What comes while it rests ends it.</summary>
internal abstract class LeanConnection(LeanWire wire)
{
    private LeanCall? _call;
    private int _ticket;
    private bool _reused;

    /// <summary>What is left to do without the lock.</summary>
    private protected enum After
    {
        Nothing,
        GiveBack,
        Over,
        SendAgain,
    }

    /// <summary>What is left to do, and for which call; null when somebody else ended it.</summary>
    private protected readonly record struct Next(After Step, LeanCall? Call, int Ticket);

    /// <summary>Held while the connection or the parser and intake of its call are touched.</summary>
    private protected Lock Gate { get; } = new();

    /// <summary>Whether it is closed.</summary>
    private protected bool Closed { get; private set; }

    /// <summary>Whether the server is known to send nothing more: what it has sent may be read to its end, but no other call goes here. Under the lock.</summary>
    private protected bool PeerClosed { get; set; }

    /// <summary>The ticket of the call that it carries. Under the lock.</summary>
    private protected int Ticket => _ticket;

    /// <summary>Whether it carries a call of a ticket. Under the lock.</summary>
    private protected bool Carries(LeanCall call, int ticket) => _call == call && _ticket == ticket;

    /// <summary>What is being sent. Under the lock.</summary>
    private protected ReadOnlySpan<byte> Request => _call is { } call ? call.Request.Span : default;

    /// <summary>Which of the pool's shelves it rests on.</summary>
    internal abstract int Shelf { get; }

    /// <summary>Sends a call's request and sees to its answer.</summary>
    internal SendStep TrySend(LeanCall call, int ticket)
    {
        Next next;
        lock (Gate)
        {
            if (Closed)
                return SendStep.Closed;
            if (!call.TryAttach(ticket, this))
                return SendStep.NotWanted;
            (_call, _ticket) = (call, ticket);
            next = Send(call);
        }
        Settle(next);
        return SendStep.Taken;
    }

    /// <summary>Drops a call whose end somebody else has claimed. Its answer may be under way, so the connection goes with it.</summary>
    internal void Abandon(LeanCall call, int ticket)
    {
        lock (Gate)
        {
            if (_call != call || _ticket != ticket)
                return;
            _call = null;
            Close();
        }
    }

    /// <summary>Closes it if no call is on it.</summary>
    internal void CloseIdle()
    {
        lock (Gate)
        {
            if (_call is null)
                Close();
        }
    }

    /// <summary>Whether a part of the request is still to be sent, so that no other may follow it here. Under the lock.</summary>
    private protected abstract bool IsSending(LeanCall call);

    /// <summary>Begins to send; what doesn't go at once is sent later. Under the lock.</summary>
    private protected abstract Next Send(LeanCall call);

    /// <summary>Closes the socket. Under the lock, once.</summary>
    private protected abstract void CloseSocket();

    /// <summary>Lets a call's caller go on.</summary>
    private protected virtual void LetGoOn(LeanCall call) => call.LetCallerGoOn();

    /// <summary>Takes what has been received. Under the lock.</summary>
    private protected Next Take(ReadOnlySpan<byte> chunk)
    {
        if (_call is not { } call)
        {
            // An answer to nothing: often "I am about to close".
            Close();
            return default;
        }
        CallStep step;
        try
        {
            step = call.Received(chunk, wire.Clock.Now);
        }
        catch (Exception fault)
        {
            // Nothing that a server sends may bring this here: a mistake of ours is told to the caller, not to a thread that all users share.
            (call.Fault, step) = (fault, CallStep.Over);
        }
        return step == CallStep.More ? default : Conclude(step == CallStep.WholeAndReusable);
    }

    /// <summary>The connection has ended. Under the lock.</summary>
    /// <param name="reason">Why, if it is not just an end; see <see cref="Reasons"/>.</param>
    private protected Next End(string? reason)
    {
        if (_call is not { } call)
        {
            Close();
            return default;
        }
        // The server closed it just as it was taken out of the pool: as if it had been seen closed a moment before.
        if (_reused && call.Untouched && !call.SentAgain && !call.Spoiled)
        {
            _call = null;
            Close();
            return call.TryAttach(_ticket, null) ? new Next(After.SendAgain, call, _ticket) : default;
        }
        call.ConnectionEnded(reason, wire.Clock.Now);
        return Conclude(reusable: false);
    }

    /// <summary>Does what is left to do, without the lock.</summary>
    private protected void Settle(Next next)
    {
        switch (next.Step)
        {
            case After.Nothing:
                return;
            case After.SendAgain:
                next.Call!.SentAgain = true;
                wire.SendAgain(next.Call, next.Ticket);
                return;
            case After.GiveBack:
                // Before the caller goes on, so that its next exchange finds it.
                wire.Rest(this);
                break;
        }
        if (next.Call is not { } call)
            return;
        call.Finish(ended: true);
        LetGoOn(call);
    }

    private Next Conclude(bool reusable)
    {
        var call = _call!;
        _call = null;
        _reused = true;
        // A server may answer before it has read the whole request.
        reusable &= !PeerClosed && !IsSending(call);
        if (!reusable)
            Close();
        return new Next(reusable ? After.GiveBack : After.Over, call.TryClaim(_ticket) ? call : null, _ticket);
    }

    private protected void Close()
    {
        if (Closed)
            return;
        Closed = true;
        CloseSocket();
    }
}
