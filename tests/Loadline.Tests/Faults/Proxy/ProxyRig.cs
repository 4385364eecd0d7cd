using System.Net;
using System.Net.Sockets;
using System.Text;
using Loadline.Faults.Proxy;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Faults.Proxy;

/// <summary>A server, a proxy before it whose clock stands until a test moves it, and connections through both over real sockets.</summary>
internal sealed class ProxyRig : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly List<IDisposable> _open = [];

    internal ProxyRig(Func<ProxyOptions, ProxyOptions>? change = null)
    {
        _server.Start();
        var options = new ProxyOptions { Upstream = _server.LocalEndpoint.ToString()!, Seed = 7 };
        Proxy = ToxicProxy.Start(change?.Invoke(options) ?? options, Time);
    }

    internal FakeTimeProvider Time { get; } = new();

    internal ToxicProxy Proxy { get; }

    internal static Toxic Of(string type, params (string Name, long Value)[] attributes) => new(type) { Attributes = attributes.ToDictionary(each => each.Name, each => each.Value) };

    internal async Task<Socket> ClientAsync()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _open.Add(client);
        await client.ConnectAsync(Proxy.Address!).WaitAsync(Bound);
        return client;
    }

    /// <summary>A client that connects and doesn't wait for it.</summary>
    internal Socket Connecting()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        _open.Add(client);
        try
        {
            client.Connect(Proxy.Address!);
        }
        catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // As it should.
        }
        return client;
    }

    /// <summary>How a connection that is accepted and reset at once fails: a reset may come before connecting is over, or after.</summary>
    internal async Task<SocketError> RefusedAsync()
    {
        try
        {
            return (await ReadToErrorAsync(await ClientAsync())).Error;
        }
        catch (SocketException problem)
        {
            return problem.SocketErrorCode;
        }
    }

    /// <summary>A client and the server's end of its connection.</summary>
    internal async Task<(Socket Client, Socket Server)> ConnectAsync()
    {
        var client = await ClientAsync();
        return (client, await AcceptAsync());
    }

    internal async Task<Socket> AcceptAsync()
    {
        var server = await _server.AcceptSocketAsync().WaitAsync(Bound);
        server.NoDelay = true;
        _open.Add(server);
        return server;
    }

    internal bool SomeoneWaits => _server.Pending();

    internal void StopServer() => _server.Stop();

    internal void Advance(double milliseconds) => Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Sends to the client, and waits until the proxy has taken it all.</summary>
    internal async Task SendDownAsync(Socket server, string text)
    {
        var before = Proxy.Counters.Downstream.Received;
        await server.SendAsync(Encoding.ASCII.GetBytes(text));
        await UntilAsync(() => Proxy.Counters.Downstream.Received == before + text.Length);
    }

    internal async Task SendUpAsync(Socket client, string text)
    {
        var before = Proxy.Counters.Upstream.Received;
        await client.SendAsync(Encoding.ASCII.GetBytes(text));
        await UntilAsync(() => Proxy.Counters.Upstream.Received == before + text.Length);
    }

    /// <summary>So many bytes have been sent to clients, and no more: what has been read may not have been counted yet.</summary>
    internal Task SentDownAsync(long bytes) => SentAsync(Proxy.Counters.Downstream, bytes);

    internal Task SentUpAsync(long bytes) => SentAsync(Proxy.Counters.Upstream, bytes);

    internal static async Task<string> ReadAsync(Socket socket, int count)
    {
        var buffer = new byte[count];
        var read = 0;
        while (read < count && await socket.ReceiveAsync(buffer.AsMemory(read)).AsTask().WaitAsync(Bound) is > 0 and var more)
            read += more;
        return Encoding.ASCII.GetString(buffer, 0, read);
    }

    /// <summary>All that comes until the end.</summary>
    internal static async Task<string> ReadToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(Bound) is > 0 and var count)
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        return text.ToString();
    }

    /// <summary>Reads until the connection breaks, and says how it did.</summary>
    internal static async Task<(string Text, SocketError Error)> ReadToErrorAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(Bound) is > 0 and var count)
                text.Append(Encoding.ASCII.GetString(buffer, 0, count));
            return (text.ToString(), SocketError.Success);
        }
        catch (SocketException problem)
        {
            return (text.ToString(), problem.SocketErrorCode);
        }
    }

    /// <summary>Waits until something holds that other threads bring about.</summary>
    internal static async Task UntilAsync(Func<bool> holds)
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!holds())
            await Task.Delay(2, bound.Token);
    }

    private static async Task SentAsync(StreamCounter counter, long bytes)
    {
        await UntilAsync(() => counter.Sent >= bytes);
        Assert.Equal(bytes, counter.Sent);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var each in _open)
            each.Dispose();
        _server.Dispose();
        await Proxy.DisposeAsync();
    }
}
