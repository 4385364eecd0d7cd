using System.Collections.Concurrent;
using System.Net.Security;
using Loadline.Targets;
using Loadline.Wire.Lean.Epoll;

namespace Loadline.Wire.Lean;

/// <summary>
/// The wire of our own for HTTP/1.1, with TLS or without: one connection for each exchange in flight, never pipelined, no cookies, no redirects, no decompression. On Linux it
/// waits on epoll itself; elsewhere on .NET's sockets. It costs less than half of what <see cref="HttpWire"/> does, and its times are those of <see cref="HttpWire"/>.
/// <code>
/// SendAsync ─▶ call (from its pool): request rendered ─▶ idle connection, or a new one ─▶ sent
///                                                                  │
/// caller goes on ◀─ reply ◀─ intake judges ◀─ parser reads ◀─ bytes come (or the deadline, or a stop)
/// </code>
/// </summary>
/// <remarks>
/// A connection that the server closes while it rests is thrown away. When the server closes it just as a request is sent, and no byte of an answer has come, the request is sent once
/// more on a new connection, as browsers do: <see cref="SentAgain"/> counts these, and the exchange's times run from the first sending.
/// </remarks>
public sealed class LeanWire : IWire
{
    private const int MostIdleCalls = 1024;

    private readonly IntakeShared _shared;
    private readonly IConnector _connector;
    private readonly IdleConnections _idle;
    // One for each time-out that requests have: within one they come in order.
    private readonly ConcurrentDictionary<long, Deadlines> _deadlines = new();
    private readonly Deadlines _draining;
    private readonly long _timeout;
    private readonly SemaphoreSlim? _permits;
    private readonly ConcurrentDictionary<RequestProfile, RequestRenderer> _renderers = new(ReferenceEqualityComparer.Instance);
    private readonly Lock _gate = new();
    private readonly Stack<LeanCall> _calls = [];
    private CancellationToken _sharedStop;
    private CancellationTokenRegistration _sharedStopping;
    private long _sentAgain;
    private volatile bool _disposed;

    /// <summary>A wire to one target.</summary>
    /// <param name="profile">How to speak to it; HTTP/1.1, no proxy.</param>
    /// <param name="options">Where it is, and limits.</param>
    /// <param name="clock">The run's clock.</param>
    /// <param name="epoll">Whether to wait on epoll; false for .NET's sockets. Null, the default: where the system has it.</param>
    /// <exception cref="TransportException">A certificate or a secret that the profile names isn't there.</exception>
    public LeanWire(TargetProfile profile, WireOptions options, RunClock clock, bool? epoll = null)
    {
        _shared = new IntakeShared(profile, options, clock);
        var tls = options.BaseAddress.Scheme == Uri.UriSchemeHttps
            ? TlsOptions.Of(profile.Transport.Tls, options.BaseAddress, [SslApplicationProtocol.Http11]) : null;
        UsesEpoll = epoll ?? EpollConnector.IsSupported;
        _connector = UsesEpoll ? new EpollConnector(tls) : new SocketConnector(tls);
        _idle = new IdleConnections(_connector.Shelves);
        _draining = new Deadlines(clock);
        _timeout = RunClock.Nanoseconds(options.Timeout);
        _permits = options.Connections == int.MaxValue ? null : new SemaphoreSlim(Math.Max(1, options.Connections));
    }

    /// <summary>Whether it waits on epoll itself.</summary>
    public bool UsesEpoll { get; }

    /// <inheritdoc/>
    public long SentAgain => Volatile.Read(ref _sentAgain);

    internal RunClock Clock => _shared.Clock;

    internal WireOptions Options => _shared.Options;

    /// <inheritdoc/>
    public ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_permits?.Wait(0, CancellationToken.None) == false)
            return SendInTurnAsync(request, exchange, stop);
        return Send(request, exchange, stop);
    }

    /// <summary>Ends all exchanges in hand as stopped, and closes all connections.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _sharedStopping.Dispose();
        foreach (var deadlines in _deadlines.Values)
            deadlines.ForEach(static (deadline, ticket) => ((LeanCall)deadline).Abort(ticket, stopped: true));
        _draining.ForEach(static (deadline, ticket) => ((LeanCall)deadline).Abort(ticket, stopped: true));
        CloseIdle();
        _connector.Dispose();
        foreach (var deadlines in _deadlines.Values)
            deadlines.Dispose();
        _draining.Dispose();
        lock (_gate)
        {
            while (_calls.TryPop(out var call))
                call.Dispose();
        }
    }

    internal RequestRenderer RendererOf(RequestProfile template) =>
        _renderers.TryGetValue(template, out var renderer) ? renderer : _renderers.GetOrAdd(template, new RequestRenderer(_shared, template));

    /// <summary>Takes back a connection that can carry another call.</summary>
    internal void Rest(LeanConnection connection)
    {
        _idle.Add(connection);
        if (_disposed)
            CloseIdle();
    }

    /// <summary>Sends a call again, on a new connection.</summary>
    internal void SendAgain(LeanCall call, int ticket)
    {
        Interlocked.Increment(ref _sentAgain);
        _ = SendOnNewAsync(call, ticket);
    }

    /// <summary>From now on a call may only drain, for a while.</summary>
    internal void LimitDraining(LeanCall call, int ticket)
    {
        call.Owner?.Remove(call);
        _draining.Add(call, Clock.Now + RunClock.Nanoseconds(Options.DrainLimit), ticket);
    }

    /// <summary>A call has ended: no deadline holds for it any more, and another may have its connection.</summary>
    internal void Forget(LeanCall call)
    {
        call.Owner?.Remove(call);
        _permits?.Release();
    }

    /// <summary>Takes back a call that nobody uses any more.</summary>
    internal void GiveBack(LeanCall call)
    {
        if (call.Spoiled)
            return;
        lock (_gate)
        {
            if (_calls.Count < MostIdleCalls && !_disposed)
            {
                _calls.Push(call);
                return;
            }
        }
        call.Dispose();
    }

    // More exchanges than connections: they wait here, as the plan that allows so few connections wants it.
    private async ValueTask<WireReply> SendInTurnAsync(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        exchange.Sent = Clock.Now;
        try
        {
            if (!await _permits!.WaitAsync(request.Timeout ?? Options.Timeout, stop).ConfigureAwait(false))
            {
                (exchange.Outcome, exchange.Reason, exchange.End) = (Outcome.TimedOut, Reasons.Timeout, Clock.Now);
                return new WireReply(true, null, null, []);
            }
        }
        catch (OperationCanceledException)
        {
            return default;
        }
        return await Send(request, exchange, stop).ConfigureAwait(false);
    }

    private ValueTask<WireReply> Send(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        var call = TakeCall();
        int ticket;
        try
        {
            ticket = call.Begin(request, exchange, stop);
        }
        catch
        {
            // What can't be rendered is the caller's mistake.
            _permits?.Release();
            call.Dispose();
            throw;
        }
        var reply = call.Task;
        if (exchange.Sent == Exchange.Never)
            exchange.Sent = Clock.Now;
        var timeout = request.Timeout is { } own ? RunClock.Nanoseconds(own) : _timeout;
        if (!_deadlines.TryGetValue(timeout, out var deadlines))
            deadlines = _deadlines.GetOrAdd(timeout, static (_, clock) => new Deadlines(clock), Clock);
        deadlines.Add(call, exchange.Sent + timeout, ticket);
        if (!SharesStop(stop))
            call.RegisterStop(ticket);
        // Asked after the call can be found: who stops in between finds it, or is found here.
        if (stop.IsCancellationRequested || _disposed)
            call.Abort(ticket, stopped: true);
        else
            SendOnIdle(call, ticket);
        return reply;
    }

    private void SendOnIdle(LeanCall call, int ticket)
    {
        while (_idle.Take(_connector.Here) is { } connection)
        {
            switch (connection.TrySend(call, ticket))
            {
                case SendStep.Taken:
                    return;
                case SendStep.NotWanted:
                    Rest(connection);
                    return;
            }
        }
        _ = SendOnNewAsync(call, ticket);
    }

    private async Task SendOnNewAsync(LeanCall call, int ticket)
    {
        try
        {
            var connection = await Dialling.ConnectAsync(this, _connector).ConfigureAwait(false);
            switch (connection.TrySend(call, ticket))
            {
                case SendStep.NotWanted:
                    Rest(connection);
                    break;
                case SendStep.Closed when call.TryClaim(ticket):
                    call.FailUnsent(Reasons.Reset);
                    break;
            }
        }
        catch (ConnectException e)
        {
            if (call.TryClaim(ticket))
                call.FailUnsent(e.Reason);
        }
        catch (Exception e) when (call.TryClaim(ticket))
        {
            call.Fault = e;
            call.FailUnsent(Reasons.ConnectFailed);
        }
    }

    private LeanCall TakeCall()
    {
        lock (_gate)
        {
            if (_calls.TryPop(out var call))
                return call;
        }
        return new LeanCall(this, _shared);
    }

    // All users of a run share one token: one registration for all of them, instead of one for each exchange.
    private bool SharesStop(CancellationToken stop)
    {
        if (!stop.CanBeCanceled || stop == _sharedStop)
            return true;
        lock (_gate)
        {
            if (_sharedStop.CanBeCanceled)
                return stop == _sharedStop;
            _sharedStop = stop;
        }
        _sharedStopping = stop.UnsafeRegister(static wire => ((LeanWire)wire!).StopAll(), this);
        return true;
    }

    private void StopAll()
    {
        void StopOne(Deadline deadline, int ticket)
        {
            if (((LeanCall)deadline).Stop == _sharedStop)
                ((LeanCall)deadline).Abort(ticket, stopped: true);
        }
        foreach (var deadlines in _deadlines.Values)
            deadlines.ForEach(StopOne);
        _draining.ForEach(StopOne);
    }

    private void CloseIdle()
    {
        for (var shelf = 0; shelf < _connector.Shelves; shelf++)
        {
            while (_idle.Take(shelf) is { } connection)
                connection.CloseIdle();
        }
    }
}
