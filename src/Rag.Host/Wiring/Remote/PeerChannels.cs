using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Rag.Host.Serving;

namespace Rag.Host.Wiring.Remote;

/// <summary>The connections to other processes: one channel per address, whatever services are there.</summary>
internal sealed class PeerChannels(IConfiguration configuration) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<GrpcChannel>> _channels = new();
    private readonly int _messageBytes = MessageBytes(configuration);

    /// <summary>The largest message in bytes, both ways, <c>grpc_message_bytes</c>; default 64 MiB.</summary>
    public static int MessageBytes(IConfiguration configuration) => Settings.One(configuration, ProcessSettings.GrpcMessageBytes);

    /// <summary>What makes calls to an address. Connects with the first call, and again with the next one after a connection was lost: nothing waits for a back-off.</summary>
    public CallInvoker To(ServiceAddress address) =>
        _channels.GetOrAdd(address.Text, _ => new Lazy<GrpcChannel>(() => Open(address))).Value.CreateCallInvoker();

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
            if (channel.IsValueCreated)
                channel.Value.Dispose();
    }

    private GrpcChannel Open(ServiceAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ActivityHeadersPropagator = null, // it would put an activity of its own between the caller's span and the other side: see CallHeaders
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromMilliseconds(500),
            EnableMultipleHttp2Connections = true,
            MaxConnectionsPerServer = 8,
            // Below the server's two minutes, so that a call does not meet a connection which is just being closed.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            // A peer whose machine is gone says nothing; long polls would wait for ever.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            // Our own way to connect also keeps gRPC from managing the connection with a back-off of its own.
            ConnectCallback = (_, stop) => ConnectAsync(address, stop),
        };
        return GrpcChannel.ForAddress(address.SocketPath is null ? $"http://{Bracketed(address.Host)}:{address.Port}" : "http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = _messageBytes,
            MaxSendMessageSize = _messageBytes,
            MaxRetryAttempts = null,
            MaxRetryBufferSize = null,
            MaxRetryBufferPerCallSize = null,
        });
    }

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;

    private static async ValueTask<Stream> ConnectAsync(ServiceAddress address, CancellationToken cancellationToken)
    {
        var socket = address.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            EndPoint to = address.SocketPath is { } path ? new UnixDomainSocketEndPoint(path) : new DnsEndPoint(address.Host.Trim('[', ']'), address.Port);
            await socket.ConnectAsync(to, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
