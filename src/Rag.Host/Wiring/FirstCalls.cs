using System.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rag.Host.Wiring.Remote;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Host.Wiring;

/// <summary>
/// What a process does before it says that it is ready: it makes the usual calls, for nobody, of the services that it hosts (through its own port, where it has one)
/// and of those that it needs. Otherwise its first users would wait for the compiler and for connections, longer than seams wait for a healthy service: a
/// system that has just started would take itself for a broken one.
/// </summary>
internal sealed partial class FirstCalls(
    Placement placement, IConfiguration configuration, IServiceProvider services, PeerChannels channels, IServer server, TimeProvider time, ILogger<FirstCalls> log)
    : IHostedLifecycleService, IReadiness
{
    private const int Rounds = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private volatile bool _done;

    public string Service { get; } = placement.Hosted.Count > 0 ? placement.Hosted[0].Name : "";

    public string? Waiting => _done ? null : "it makes its first calls, so that no user has to wait for them";

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After all have started: this process is listening. Failures are the services' own matter, and the time is bounded.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        CallScope.Enter(time, Limit, Priority.Reindexing); // with the patience of work that nobody waits for
        // Seams of its own: a service's process has no business with a breaker before itself.
        using var aside = new Dependencies(SeamOptions.Read(new ConfigurationBuilder().Build()), time, seed: 0, meter: "Rag.Rehearsal");
        var visitor = new Visitor(services, Own(), channels, time, aside, limit.Token);
        foreach (var contract in placement.Remote.SelectMany(remote => remote.Module.Contracts))
            contract.Accept(visitor);
        visitor.Hosted = true;
        foreach (var contract in placement.Hosted.SelectMany(module => module.Contracts))
            contract.Accept(visitor);
        await Task.WhenAll(visitor.Runs).ConfigureAwait(false);
        _done = true;
        Rehearsed(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private ServiceAddress? Own()
    {
        var asked = ServicePort.Address(configuration);
        // The port that a 0 became: the services' listener is the last one.
        return asked is { SocketPath: null, Port: 0 } && ServiceAddress.Read(server.Features.Get<IServerAddressesFeature>()?.Addresses.LastOrDefault() ?? "", out var bound) is null ? bound : asked;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Rehearsed in {Seconds} s")]
    private partial void Rehearsed(double seconds);

    private sealed class Visitor(
        IServiceProvider services, ServiceAddress? own, PeerChannels channels, TimeProvider time, Dependencies aside, CancellationToken stop) : IContractVisitor
    {
        public List<Task> Runs { get; } = [];

        public bool Hosted { get; set; }

        public void Visit<TService>(Contract<TService> contract) where TService : class
        {
            if (contract.Rehearse is not { } rehearse)
                return;
            var service = Hosted && own is not null
                ? contract.Through(new Seam<TService>(contract, [new RemotePeer<TService>(contract.Service, own, channels.To(own), time)], aside))
                : services.GetRequiredService<TService>();
            Runs.Add(RunAsync(() => rehearse(service, stop)));
        }

        private async Task RunAsync(Func<Task> rehearse)
        {
            for (var round = 0; round < Rounds && !stop.IsCancellationRequested; round++)
                try
                {
                    await rehearse().ConfigureAwait(false);
                }
                catch (Exception)
                {
                    // A refusal is a rehearsal too, and a peer that is down will be met again by those who need it.
                }
        }
    }
}
