using System.Net.Sockets;
using Loadline.Faults.Proxy.Http;

namespace Loadline.Faults.Proxy;

/// <summary>A client's connection and the one to the server that belongs to it.</summary>
internal sealed class Connection
{
    private readonly ToxicProxy _proxy;
    private readonly Peer _client;
    private readonly Link _upstream;
    private readonly Link _downstream;
    private readonly Dictionary<long, bool> _meets = [];
    private readonly CancellationTokenSource _over = new();
    private HttpSide? _http;
    private Peer? _server;
    private TaskCompletionSource? _letOn;
    private bool _keptFromServer;
    private volatile bool _used;
    private bool _closed;

    internal Connection(ToxicProxy proxy, long id, Socket client)
    {
        (_proxy, Id, _client) = (proxy, id, new Peer(client, proxy.Loop));
        _upstream = new Link(this, ToxicStream.Upstream, proxy.Clock, proxy.Counters.Upstream, proxy.Options);
        _downstream = new Link(this, ToxicStream.Downstream, proxy.Clock, proxy.Counters.Downstream, proxy.Options);
    }

    /// <summary>What guards the state of both directions.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Its place in the order of coming.</summary>
    internal long Id { get; }

    /// <summary>Runs until the connection is over. Doesn't throw.</summary>
    internal async Task RunAsync(string upstream)
    {
        _used = true;
        var reading = _upstream.ReadAsync(_client);
        try
        {
            await LetOnAsync().ConfigureAwait(false);
            var server = new Peer(await DialAsync(upstream).ConfigureAwait(false), _proxy.Loop);
            lock (Gate)
            {
                if (_closed)
                {
                    server.Close(reset: true);
                    return;
                }
                _server = server;
                _upstream.Open();
                _downstream.Open();
            }
            await _downstream.ReadAsync(server).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Nobody had closed it: the server can't be reached.
            if (Shut(reset: true))
                _proxy.Counters.Miss();
        }
        await reading.ConfigureAwait(false);
    }

    /// <summary>Where a stream's bytes go; null while there is no such side.</summary>
    internal Peer? Destination(ToxicStream stream) => stream == ToxicStream.Upstream ? _server : _client;

    /// <summary>Makes the stages those of the proxy's toxics. Under the proxy's lock.</summary>
    internal void Apply(IReadOnlyList<AppliedToxic> toxics)
    {
        lock (Gate)
        {
            if (_closed)
                return;
            foreach (var gone in _meets.Keys.Except(toxics.Select(toxic => toxic.Id)).ToList())
                _meets.Remove(gone);
            var meeting = toxics.Where(Meets).ToList();
            var messages = toxics.Where(toxic => toxic.Toxic.Kind.OnMessages(toxic.Toxic) is not null).ToList();
            if (messages.Count > 0)
                (_http ??= new HttpSide(_downstream, _proxy.Counters, synchronized: !_used)).Change(messages);
            else
                _http = null;
            _upstream.Do(stages => Reconcile(stages, ToxicStream.Upstream, meeting));
            _downstream.Do(stages => Reconcile(stages, ToxicStream.Downstream, meeting));
            _keptFromServer = meeting.Exists(toxic => toxic.Toxic.Kind.KeepsFromServer);
            if (!_keptFromServer)
                _letOn?.TrySetResult();
            LookForNobody();
        }
    }

    /// <summary>A client that has ended its side while what answers it is held by a toxic has given up: the connection has no use any more. Under the gate.</summary>
    internal void LookForNobody()
    {
        if (_upstream.SourceEnded && (_upstream.Holds || _downstream.Holds))
            Shut(reset: true);
    }

    /// <summary>A stream's end has been written.</summary>
    internal void After(Ending ending)
    {
        if (ending != Ending.End || (_upstream.Ended && _downstream.Ended))
            Shut(reset: ending == Ending.Reset);
    }

    /// <summary>A side has broken off: so does the other.</summary>
    internal void Abort() => Shut(reset: true);

    /// <summary>Closes both sides, as the proxy's end does.</summary>
    internal void Close() => Shut(reset: false);

    private bool Meets(AppliedToxic toxic)
    {
        if (toxic.Toxic.Kind.OnMessages(toxic.Toxic) is not null || toxic.Toxic.Kind.Refuses)
            return false;
        if (!_meets.TryGetValue(toxic.Id, out var meets))
            _meets[toxic.Id] = meets = toxic.Meets();
        return meets;
    }

    /// <summary>
    /// HTTP stands beside the server, as what it plays is the server's: last on the way there, first on the way back. Toxics on bytes play the network, in the order in which they were added.
    /// </summary>
    private void Reconcile(List<Stage> stages, ToxicStream stream, List<AppliedToxic> meeting)
    {
        var wanted = meeting.Where(toxic => toxic.Toxic.Kind.OnBothStreams || toxic.Toxic.Stream == stream)
            .Select(toxic => (toxic.Id, toxic.Version, On: (Func<Behaviour?>)(() => toxic.Toxic.Kind.On(toxic.Toxic, toxic.Chance(Id))))).ToList();
        if (_http is { } http)
            wanted.Insert(stream == ToxicStream.Upstream ? wanted.Count : 0, (HttpSide.StageId, 0, () => http.On(stream)));
        var host = stream == ToxicStream.Upstream ? _upstream : _downstream;
        for (var i = stages.Count - 1; i >= 0; i--)
        {
            if (wanted.Exists(each => each.Id == stages[i].Id))
                continue;
            var gone = stages[i];
            gone.Leave();
            stages.RemoveAt(i);
            if (i > 0)
                stages[i - 1].Next = gone.Next;
            gone.Dispose();
        }
        for (var i = 0; i < wanted.Count; i++)
        {
            var (id, version, on) = wanted[i];
            if (i < stages.Count && stages[i].Id == id)
            {
                if (stages[i].Version != version && on() is { } changed)
                    stages[i].Change(changed, version);
                continue;
            }
            if (on() is not { } behaviour)
            {
                wanted.RemoveAt(i--);
                continue;
            }
            var added = new Stage(host, id, behaviour) { Version = version, Next = i < stages.Count ? stages[i] : null };
            stages.Insert(i, added);
            if (i > 0)
                stages[i - 1].Next = added;
            added.Start();
        }
    }

    private async ValueTask LetOnAsync()
    {
        while (true)
        {
            Task waited;
            lock (Gate)
            {
                if (!_keptFromServer || _closed)
                    return;
                _letOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waited = _letOn.Task;
            }
            await waited.WaitAsync(_over.Token).ConfigureAwait(false);
        }
    }

    private async Task<Socket> DialAsync(string upstream)
    {
        using var late = new CancellationTokenSource(_proxy.Options.DialTimeout, _proxy.Clock.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _over.Token);
        return await Endpoints.ConnectAsync(upstream, either.Token).ConfigureAwait(false);
    }

    private bool Shut(bool reset)
    {
        Peer? server;
        lock (Gate)
        {
            if (_closed)
                return false;
            _closed = true;
            server = _server;
            _upstream.Dispose();
            _downstream.Dispose();
        }
        _proxy.Forget(this);
        _over.Cancel();
        _client.Close(reset);
        server?.Close(reset);
        return true;
    }
}
