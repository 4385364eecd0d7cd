using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Loadline.Wire.Lean.Epoll;

namespace Loadline.Faults.Proxy;

/// <summary>
/// A TCP proxy whose connections can be disturbed by toxics, which come, change and go while connections are open. Thread-safe.
/// </summary>
public sealed class ToxicProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ulong _seed;
    private readonly Listening _listening = new();
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly List<AppliedToxic> _toxics = [];
    private IPEndPoint? _address;
    private string _listen;
    private string _upstream;
    private long _ids;
    private bool _enabled;
    private bool _disposed;

    private ToxicProxy(ProxyOptions options, TimeProvider time)
    {
        (Options, Clock, _seed) = (options, new ProxyClock(time), options.Seed);
        (_listen, _upstream) = (options.Listen, options.Upstream);
        Loop = EpollConnector.IsSupported ? new EpollLoop("loadline proxy") : null;
    }

    /// <summary>Starts a proxy; it listens when this returns, unless it is disabled.</summary>
    /// <exception cref="FormatException">One of the addresses is none.</exception>
    /// <exception cref="SocketException">The place to listen can't be had.</exception>
    public static ToxicProxy Start(ProxyOptions options, TimeProvider time)
    {
        CheckUpstream(options.Upstream);
        var proxy = new ToxicProxy(options, time);
        try
        {
            proxy.Enabled = options.Enabled;
            return proxy;
        }
        catch
        {
            proxy.Loop?.Dispose();
            throw;
        }
    }

    /// <summary>Starts a proxy with default bounds.</summary>
    /// <inheritdoc cref="Start(ProxyOptions, TimeProvider)"/>
    public static ToxicProxy Start(string listen, string upstream, TimeProvider time, ulong seed = 0) =>
        Start(new ProxyOptions { Listen = listen, Upstream = upstream, Seed = seed }, time);

    /// <summary>Where it listens, as <c>HOST:PORT</c>: as it was asked for until it has listened, then with what was found.</summary>
    public string Listen
    {
        get
        {
            lock (_gate)
                return _listen;
        }
    }

    /// <summary>Where it listens; null until it has.</summary>
    public IPEndPoint? Address
    {
        get
        {
            lock (_gate)
                return _address;
        }
    }

    /// <summary>The server behind it.</summary>
    public string Upstream
    {
        get
        {
            lock (_gate)
                return _upstream;
        }
    }

    /// <summary>What has gone through it.</summary>
    public ProxyCounters Counters { get; } = new();

    /// <summary>Connections that are open.</summary>
    public int Open => _connections.Count;

    /// <summary>Its toxics, in the order in which they act: on requests, then on answers, each as they were added.</summary>
    public IReadOnlyList<Toxic> Toxics
    {
        get
        {
            lock (_gate)
                return [.. _toxics.Select(each => each.Toxic).OrderBy(each => each.Stream == ToxicStream.Upstream ? 0 : 1)];
        }
    }

    /// <summary>Whether it listens. Disabling closes its connections too.</summary>
    /// <exception cref="SocketException">The place to listen can't be had any more; it stays disabled.</exception>
    public bool Enabled
    {
        get
        {
            lock (_gate)
                return _enabled;
        }
        set
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (value == _enabled)
                    return;
                if (value)
                    Enable();
                else
                    Disable();
            }
        }
    }

    internal ProxyOptions Options { get; }

    internal ProxyClock Clock { get; }

    /// <summary>The thread that waits for its sockets; null where there is none, and .NET's sockets wait.</summary>
    internal EpollLoop? Loop { get; }

    /// <summary>Moves it to another place or server, and closes its connections; nothing happens if both are the same.</summary>
    /// <exception cref="FormatException">One of the addresses is none.</exception>
    /// <exception cref="SocketException">The place to listen can't be had; it is disabled then.</exception>
    public void Move(string listen, string upstream)
    {
        CheckUpstream(upstream);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (listen == _listen && upstream == _upstream)
                return;
            var enabled = _enabled;
            if (enabled)
                Disable();
            (_listen, _upstream, _address) = (listen, upstream, null);
            if (enabled)
                Enable();
        }
    }

    /// <summary>Adds a toxic; open connections meet it too.</summary>
    /// <returns>It with its name and all attributes.</returns>
    /// <exception cref="ToxicException">It breaks a rule, or its name is taken; nothing was changed.</exception>
    public Toxic Add(Toxic toxic)
    {
        var added = toxic.Checked();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (Find(added.Name) is not null)
                throw new ToxicException(ToxicProblem.Exists, $"toxic '{added.Name}': this proxy has one of this name already; remove or update that, or give this one another name");
            _toxics.Add(new AppliedToxic(++_ids, added, _seed));
            Apply();
            return added;
        }
    }

    /// <summary>Changes a toxic's attributes and share; what isn't given stays. With another share or <c>first</c> it counts anew.</summary>
    /// <returns>It as it is now.</returns>
    /// <exception cref="ToxicException">There is none of this name, or a value breaks a rule; nothing was changed.</exception>
    public Toxic Update(string name, IReadOnlyDictionary<string, long>? attributes = null, double? toxicity = null)
    {
        lock (_gate)
        {
            var applied = Require(name);
            var before = applied.Toxic;
            var merged = new Dictionary<string, long>(before.Attributes);
            foreach (var (key, value) in attributes ?? new Dictionary<string, long>())
                merged[key] = value;
            var after = (before with { Attributes = merged, Toxicity = toxicity ?? before.Toxicity }).Checked();
            if (after.Toxicity != before.Toxicity || after["first"] != before["first"])
                _toxics[_toxics.IndexOf(applied)] = new AppliedToxic(++_ids, after, _seed);
            else
                applied.Change(after);
            Apply();
            return after;
        }
    }

    /// <summary>Removes a toxic; what it held goes on.</summary>
    /// <exception cref="ToxicException">There is none of this name.</exception>
    public void Remove(string name)
    {
        lock (_gate)
        {
            _toxics.Remove(Require(name));
            Apply();
        }
    }

    /// <summary>Removes all toxics, and enables it.</summary>
    /// <exception cref="SocketException">The place to listen can't be had any more; the toxics are gone.</exception>
    public void Reset()
    {
        lock (_gate)
        {
            _toxics.Clear();
            Apply();
            Enabled = true;
        }
    }

    /// <summary>The toxic of a name; null when there is none.</summary>
    public Toxic? Toxic(string name)
    {
        lock (_gate)
            return Find(name)?.Toxic;
    }

    /// <summary>How many connections, or requests, a toxic has met.</summary>
    /// <exception cref="ToxicException">There is none of this name.</exception>
    public long Met(string name)
    {
        lock (_gate)
            return Require(name).Met;
    }

    /// <summary>Closes all, and waits until it is over.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            if (_disposed)
                return;
            running = [.. _connections.Values];
            Disable();
            _disposed = true;
        }
        await Task.WhenAll(running).ConfigureAwait(false);
        Loop?.Dispose();
    }

    internal void Forget(Connection connection) => _connections.TryRemove(connection, out _);

    private static void CheckUpstream(string upstream)
    {
        if (!Endpoints.TrySplit(upstream, out var host, out var port) || host.Length == 0 || port == 0)
            throw new FormatException($"upstream '{upstream}': not an address; give HOST:PORT, such as 127.0.0.1:8080");
    }

    private AppliedToxic? Find(string name) => _toxics.Find(each => each.Toxic.Name == name);

    private AppliedToxic Require(string name) => Find(name)
        ?? throw new ToxicException(ToxicProblem.NotFound, $"toxic '{name}': this proxy has none of this name; it has {(_toxics.Count == 0 ? "none at all" : string.Join(", ", _toxics.Select(each => each.Toxic.Name)))}");

    private void Enable()
    {
        _address = _listening.Open(_address ?? Endpoints.Resolve(_listen));
        _listen = _address.ToString();
        _enabled = true;
        _ = AcceptAsync(_listening.Socket!);
        Apply();
    }

    private void Disable()
    {
        _enabled = false;
        _listening.Dispose();
        foreach (var connection in _connections.Keys)
            connection.Close();
    }

    /// <summary>Makes the place to listen and all open connections what the toxics ask for. Under the lock.</summary>
    private void Apply()
    {
        if (_enabled)
        {
            var refusing = _toxics.Exists(each => each.Toxic.Kind.Refuses && each.Toxic.Toxicity >= 1 && each.Toxic["first"] == 0);
            var wanted = refusing ? Reception.Refuses : _toxics.Exists(each => each.Toxic.Kind.Unanswers) ? Reception.Unanswering : Reception.Accepts;
            if (wanted == _listening.Reception)
            {
                // As it is.
            }
            else if (wanted == Reception.Refuses)
                _listening.Refuse(_address!);
            else if (wanted == Reception.Unanswering)
                _listening.Unanswer(_address!);
            else
            {
                _listening.Open(_address!);
                _ = AcceptAsync(_listening.Socket!);
            }
        }
        foreach (var connection in _connections.Keys.OrderBy(each => each.Id))
            connection.Apply(_toxics);
    }

    private async Task AcceptAsync(Socket listener)
    {
        await Task.Yield();
        while (true)
        {
            try
            {
                Take(await listener.AcceptAsync().ConfigureAwait(false), listener);
            }
            catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
            {
                lock (_gate)
                {
                    if (_listening.Socket != listener)
                        return;
                }
                // Too many open files, say: the ones that are open end some time.
                await Task.Delay(TimeSpan.FromMilliseconds(10), Clock.Time).ConfigureAwait(false);
            }
        }
    }

    private void Take(Socket client, Socket listener)
    {
        lock (_gate)
        {
            if (_listening.Socket != listener)
            {
                client.Dispose();
                return;
            }
            if (_connections.Count >= Options.MostConnections || _toxics.Exists(each => each.Toxic.Kind.Refuses && each.Meets()))
            {
                Counters.Refuse();
                client.LingerState = new LingerOption(true, 0);
                client.Dispose();
                return;
            }
            client.NoDelay = true;
            Counters.Accept();
            var (connection, upstream) = (new Connection(this, ++_ids, client), _upstream);
            _connections[connection] = Task.CompletedTask;
            if (_toxics.Count > 0)
                connection.Apply(_toxics);
            _connections.TryUpdate(connection, Task.Run(() => connection.RunAsync(upstream)), Task.CompletedTask);
        }
    }
}
