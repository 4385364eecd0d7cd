using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Loadline.Llm;

/// <summary>
/// A simulated LLM behind OpenAI's API that anyone's RAG system can point at: time to first token, time per token, slots, queue, slowdown under load and
/// failures are those of a <see cref="Plans.LlmModel"/>, and the text is taken from the prompt, so that answers are right.
/// </summary>
public sealed class LlmServer : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly TokenEngine _engine;
    private readonly ServiceProvider _services;

    private LlmServer(KestrelServer server, TokenEngine engine, ServiceProvider services) => (_server, _engine, _services) = (server, engine, services);

    /// <summary>Where it listens, such as <c>http://127.0.0.1:40123/</c>; an OpenAI client's base address is this with <c>v1</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Starts a server; it answers when this returns.</summary>
    /// <exception cref="ArgumentException">An option breaks its rule; the message names all that do.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<LlmServer> StartAsync(LlmOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Problems().ToList() is { Count: > 0 } problems)
            throw new ArgumentException("The simulated LLM can't start: " + string.Join("; ", problems), nameof(options));
        var metrics = new LlmMetrics();
        var engine = new TokenEngine(options.Model, options.Tick, time, metrics);
        // Only what Kestrel itself asks for: no host, no routing, no logging.
        var services = new ServiceCollection().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { AddServerHeader = false, ApplicationServices = services };
        kestrel.Limits.MaxRequestBodySize = 8 << 20;
        kestrel.Listen(options.Address, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        // A write then goes from the token loop to the socket on one thread: no queue, no hand-over between threads per token.
        var sockets = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
        var server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(sockets), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        var started = new LlmServer(server, engine, services);
        try
        {
            await server.StartAsync(new LlmApplication(options, engine, metrics, time), cancellationToken);
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
        started.Address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return started;
    }

    /// <summary>Breaks off whatever is being answered, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(atOnce.Token);
        _server.Dispose();
        await _services.DisposeAsync();
    }
}
