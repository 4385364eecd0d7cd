using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Rag.Host.Wiring;
using Rag.Host.Wiring.Remote;

namespace Rag.Host.Serving;

/// <summary>Which addresses are listened on, and the limits of a connection.</summary>
internal static class Listeners
{
    public static void Configure(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = 20_000;
        limits.MaxRequestBodySize = 1 << 20; // operations that take more raise it for themselves
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestHeaderCount = 64;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        // A client that sends or takes less than this for five seconds holds memory for nobody.
        limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
        limits.Http2.MaxStreamsPerConnection = 1000;

        foreach (var url in Split(configuration["urls"]))
            Listen(kestrel, "--urls", url, HttpProtocols.Http1);
        foreach (var url in Split(configuration["http2_urls"]))
            Listen(kestrel, "--http2-urls", url, HttpProtocols.Http2);
        if (ServicePort.Address(configuration) is { } address)
            ListenForServices(kestrel, address);
    }

    private static void ListenForServices(KestrelServerOptions kestrel, ServiceAddress address)
    {
        if (address.SocketPath is { } path)
        {
            SocketFile.Free(path);
            kestrel.ListenUnixSocket(path, ServicePort.Listen);
        }
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, address.Port, ServicePort.Listen);
        else if (address.Host == "localhost")
            kestrel.Listen(IPAddress.Loopback, address.Port, ServicePort.Listen);
        else
            throw new CommandException(ExitCode.InvalidArguments, $"--grpc: host '{address.Host}' is not permitted; expected an IP address (0.0.0.0 for all) or localhost");
    }

    private static string[] Split(string? urls) => urls?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static void Listen(KestrelServerOptions kestrel, string option, string url, HttpProtocols protocols)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException error)
        {
            throw new CommandException(ExitCode.InvalidArguments, $"{option}: '{url}' is not permitted; expected an address such as {Settings.DefaultUrl}", error);
        }

        if (!address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || address.PathBase.Length > 0)
            throw new CommandException(ExitCode.InvalidArguments, $"{option}: '{url}' is not permitted; expected http://HOST:PORT (put TLS in front of it)");
        var port = address.Port;
        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, port, listen => listen.Protocols = protocols);
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols);
        else if (address.Host is "*" or "+")
            kestrel.ListenAnyIP(port, listen => listen.Protocols = protocols);
        else
            throw new CommandException(ExitCode.InvalidArguments, $"{option}: host '{address.Host}' is not permitted; expected an IP address, localhost or *");
    }
}
