using MessagePack;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Rag.Host.Wiring.Messages;
using Rag.Host.Wiring.Remote;
using Rag.Seams;

namespace Rag.Host.Wiring;

/// <summary>
/// Makes the first calls between processes before the process says that it is ready. They are slow, since everything on their way is compiled by them: the caps of real
/// calls would take a process that has just started for one that is ill, and its callers' breakers would open.
/// </summary>
internal sealed partial class Warmup(IConfiguration configuration, Placement placement, PeerChannels channels, IServer server, TimeProvider time, ILogger<Warmup> log)
    : IHostedLifecycleService
{
    // By then a peer that is there has answered; for one that isn't nobody waits.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After all have started: this process is listening.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (Own() is null && placement.Remote.Count == 0)
            return;
        var messages = new Messages();
        foreach (var module in placement.Hosted.Union(placement.Remote.Select(remote => remote.Module)))
            foreach (var call in module.Contracts.SelectMany(contract => contract.Calls))
                call.Accept(messages);
        await Task.WhenAll(placement.Remote.SelectMany(remote => remote.Addresses).Append(Own()).OfType<ServiceAddress>().DistinctBy(address => address.Text)
            .Select(address => CallAsync(address, cancellationToken))).ConfigureAwait(false);
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private ServiceAddress? Own()
    {
        var asked = ServicePort.Address(configuration);
        // The port that a 0 became: the services' listener is the last one.
        return asked is { SocketPath: null, Port: 0 } && ServiceAddress.Read(server.Features.Get<IServerAddressesFeature>()?.Addresses.LastOrDefault() ?? "", out var bound) is null ? bound : asked;
    }

    private async Task CallAsync(ServiceAddress address, CancellationToken cancellationToken)
    {
        var peer = new RemotePeer<IFaultPort>(FaultPortContract.Instance.Service, address, channels.To(address), time);
        try
        {
            for (var i = 0; i < 3; i++)
                await peer.CallAsync(FaultPortContract.List, default, Patience, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            NotThere(address.Text, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Address} is not there yet: {Reason}")]
    private partial void NotThere(string address, string reason);

    /// <summary>Writes and reads each kind of message once, as null.</summary>
    private sealed class Messages : ICallVisitor
    {
        public void Visit<TService, TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call) where TService : class
        {
            Write<TRequest>();
            Write<TReply>();
        }

        public void Visit<TService, TRequest, TItem>(StreamCall<TService, TRequest, TItem> call) where TService : class
        {
            Write<TRequest>();
            Write<IReadOnlyList<TItem>>();
        }

        private static void Write<T>() =>
            MessagePackSerializer.Deserialize<T>(MessagePackSerializer.Serialize(default(T)!, MessageFormat.Options), MessageFormat.Options);
    }
}
