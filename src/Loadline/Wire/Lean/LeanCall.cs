using System.Threading.Tasks.Sources;

namespace Loadline.Wire.Lean;

/// <summary>What a connection does after it has taken bytes.</summary>
internal enum CallStep
{
    /// <summary>Receive on.</summary>
    More,

    /// <summary>The response is whole, and the connection can carry another.</summary>
    WholeAndReusable,

    /// <summary>It is over, and so is the connection.</summary>
    Over,
}

/// <summary>
/// One exchange in flight: its request's bytes, its parser, its intake, and the caller who waits for it. Used again for one exchange after another, so that an exchange
/// allocates nothing here.
/// </summary>
/// <remarks>
/// Three may want to end it: its connection, its deadline, and the caller's stop. Whoever wins <see cref="TryClaim"/> does, after it has passed through the lock of the
/// connection that the call is on, if any: under that lock alone are parser and intake used. The ticket grows with each exchange, so that who comes late claims nothing.
/// Locks are taken in one order: a connection's, then a call's.
/// </remarks>
internal sealed class LeanCall : Deadline, IValueTaskSource<WireReply>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly LeanWire _wire;
    private readonly IntakeShared _shared;
    private readonly ResponseParser _parser;
    private readonly PooledBuffer _request = new(0);
    private ManualResetValueTaskSourceCore<WireReply> _core;
    private CancellationTokenRegistration _stopping;
    private WireReply _reply;
    private LeanConnection? _connection;
    private int _start;
    private int _body;
    private int _ticket;
    private bool _claimed = true;
    private bool _draining;
    private bool _drainTimed;

    internal LeanCall(LeanWire wire, IntakeShared shared)
    {
        _wire = wire;
        _shared = shared;
        _parser = new ResponseParser(shared.Options.MaxHeadBytes);
        Intake = new AnswerIntake(shared);
    }

    internal AnswerIntake Intake { get; }

    /// <summary>The caller's wish to stop.</summary>
    internal CancellationToken Stop { get; private set; }

    /// <summary>The request, head and body.</summary>
    internal ReadOnlyMemory<byte> Request => _request.WrittenMemory[_start..];

    /// <summary>Whether nothing has been received yet.</summary>
    internal bool Untouched => _parser.Untouched;

    /// <summary>Whether it was sent a second time, because a connection had been closed while it was idle.</summary>
    internal bool SentAgain { get; set; }

    /// <summary>A connection may still be sending from its buffer: it must not be used again.</summary>
    internal bool Spoiled { get; set; }

    /// <summary>A mistake of ours, for the caller; null when all is well.</summary>
    internal Exception? Fault { get; set; }

    /// <summary>Begins an exchange: everything that can be done before it is sent.</summary>
    /// <returns>Its ticket.</returns>
    internal int Begin(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        Intake.Begin(request, exchange);
        _request.Clear();
        _body = _wire.RendererOf(Intake.Template).Write(_request, request, out _start);
        exchange.BytesSent = _request.Length - _body;
        _parser.Begin(toHead: false);
        (Stop, _draining, _drainTimed, SentAgain, Spoiled, Fault) = (stop, false, false, false, false, null);
        // Whoever goes on here must be quick and must not block; others go on where work is done.
        _core.RunContinuationsAsynchronously = !request.ContinuesOnWire;
        lock (_gate)
        {
            _claimed = false;
            return ++_ticket;
        }
    }

    /// <summary>Sees to it that it is stopped when the caller wants so.</summary>
    internal void RegisterStop(int ticket)
    {
        _stopping = Stop.UnsafeRegister(state => Abort(ticket, stopped: true), null);
    }

    internal ValueTask<WireReply> Task => new(this, _core.Version);

    /// <summary>Puts it on a connection, whose lock is held; null takes it off one.</summary>
    /// <returns>False when it is over.</returns>
    internal bool TryAttach(int ticket, LeanConnection? connection)
    {
        lock (_gate)
        {
            if (_ticket != ticket || _claimed)
                return false;
            _connection = connection;
            return true;
        }
    }

    /// <summary>Takes the right to end it; one gets it.</summary>
    internal bool TryClaim(int ticket) => Claims(ticket, out _);

    /// <summary>Takes what has been received. Under the connection's lock.</summary>
    internal CallStep Received(ReadOnlySpan<byte> chunk, long now)
    {
        while (true)
        {
            switch (_parser.Next(ref chunk, out var body))
            {
                case ResponseStep.More:
                    if (_draining && !_drainTimed)
                    {
                        _drainTimed = true;
                        _wire.LimitDraining(this, _ticket);
                    }
                    return CallStep.More;
                case ResponseStep.Head:
                    ref readonly var head = ref _parser.Head;
                    Intake.Head(head.Status, head.IsJson, RetryAfter.Parse(head.RetryAfter, _shared.Clock), now);
                    break;
                case ResponseStep.Body when _draining:
                    break;
                case ResponseStep.Body:
                    switch (Intake.Take(body, now))
                    {
                        case BodyStep.Drop:
                            return CallStep.Over;
                        case BodyStep.Drain:
                            _draining = true;
                            break;
                    }
                    break;
                case ResponseStep.End:
                    if (!_draining)
                        Intake.EndOfBody(now);
                    // What comes after the end was not asked for: nothing on this connection can be trusted any more.
                    return _parser.Head.Persistent && chunk.IsEmpty ? CallStep.WholeAndReusable : CallStep.Over;
                case ResponseStep.TooLarge:
                    if (!_draining)
                        Intake.Break(Reasons.TooLarge, Reasons.TooLarge);
                    return CallStep.Over;
                default:
                    if (!_draining)
                        Intake.Break(Reasons.Protocol, Reasons.Protocol);
                    return CallStep.Over;
            }
        }
    }

    /// <summary>The connection has ended, or failed. Under its lock.</summary>
    /// <param name="reason">Why, should no head have come.</param>
    /// <param name="now">When.</param>
    internal void ConnectionEnded(string? reason, long now)
    {
        if (_draining)
            return;
        if (reason is null && _parser.EndOfInput())
            Intake.EndOfBody(now);
        else
            Intake.Break(reason ?? Reasons.Reset);
    }

    /// <summary>Ends it from outside: its time is over, or its caller wants to stop.</summary>
    internal void Abort(int ticket, bool stopped)
    {
        if (!Claims(ticket, out var connection))
            return;
        connection?.Abandon(this, ticket);
        if (!_draining)
        {
            if (stopped)
            {
                Finish(ended: false);
                LetCallerGoOn();
                return;
            }
            Intake.TimeOut();
        }
        Finish(ended: true);
        LetCallerGoOn();
    }

    internal override void Expire(int serial) => Abort(serial, stopped: false);

    /// <summary>It failed before it had a connection. Only for who has claimed it.</summary>
    internal void FailUnsent(string reason)
    {
        Intake.Break(reason);
        Finish(ended: true);
        LetCallerGoOn();
    }

    /// <summary>Makes the reply. Only for who has claimed it; then <see cref="LetCallerGoOn"/> is due.</summary>
    internal void Finish(bool ended)
    {
        _wire.Forget(this);
        _stopping.Unregister();
        _stopping = default;
        _connection = null;
        try
        {
            _reply = ended ? Intake.Conclude(_request.Written[_body..]) : default;
        }
        catch (Exception fault)
        {
            // A mistake of ours is told to the caller, not to a thread that all users share.
            Fault ??= fault;
        }
    }

    /// <summary>Hands the reply to the caller. May run its code up to its next wait.</summary>
    internal void LetCallerGoOn()
    {
        if (Fault is { } fault)
            _core.SetException(fault);
        else
            _core.SetResult(_reply);
    }

    WireReply IValueTaskSource<WireReply>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            _reply = default;
            Stop = default;
            Intake.Release();
            _request.Shrink();
            _wire.GiveBack(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<WireReply>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<WireReply>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private bool Claims(int ticket, out LeanConnection? connection)
    {
        lock (_gate)
        {
            connection = _connection;
            if (_ticket != ticket || _claimed)
                return false;
            _claimed = true;
            return true;
        }
    }

    public void Dispose()
    {
        _parser.Dispose();
        _request.Dispose();
        Intake.Dispose();
    }
}
