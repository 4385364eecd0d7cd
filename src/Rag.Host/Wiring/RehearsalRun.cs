using System.Diagnostics;
using Rag.Host.Wiring.Remote;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Host.Wiring;

/// <summary>
/// What a process does before it says that it is ready: it makes the usual calls, for nobody, of the services that it hosts (through its own port, where it has one)
/// and of those that it needs. Otherwise its first users would wait for the compiler and for connections, longer than seams wait for a healthy service: a
/// system that has just started would take itself for a broken one.
/// </summary>
internal sealed partial class RehearsalRun(
    Placement placement, IConfiguration configuration, IServiceProvider services, PeerChannels channels, TimeProvider time, ILogger<RehearsalRun> log) : IReadiness
{
    private const int Rounds = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private volatile bool _done;

    public string Service { get; } = placement.Hosted.Count > 0 ? placement.Hosted[0].Name : "";

    public string? Waiting => _done ? null : "it makes its first calls, so that no user has to wait for them";

    /// <summary>Rehearses; failures are the services' own matter, and the time is bounded.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        CallScope.Enter(time, Limit, Priority.Reindexing); // with the patience of work that nobody waits for
        // Seams of its own: a service's process has no business with a breaker before itself.
        using var aside = new Dependencies(SeamOptions.Read(new ConfigurationBuilder().Build()), time, seed: 0, meter: "Rag.Rehearsal");
        var visitor = new Visitor(services, ServicePort.Address(configuration), channels, time, aside, limit.Token);
        foreach (var contract in placement.Remote.SelectMany(remote => remote.Module.Contracts))
            contract.Accept(visitor);
        visitor.Hosted = true;
        foreach (var contract in placement.Hosted.SelectMany(module => module.Contracts))
            contract.Accept(visitor);
        await Task.WhenAll(visitor.Runs).ConfigureAwait(false);
        _done = true;
        Rehearsed(Stopwatch.GetElapsedTime(started).TotalSeconds);
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
