using Rag.Host.Wiring.Remote;
using Rag.Seams;
using Rag.Seams.Faults;

namespace Rag.Host.Wiring;

/// <summary>Faults between processes: every process takes them, and the one with the gateway hands them out.</summary>
internal static class FaultRegistration
{
    /// <summary>Registers both ends.</summary>
    /// <param name="services">Where to; before <see cref="SeamServices.AddSeams"/>, which makes do with this process's faults where nothing else is registered.</param>
    /// <param name="configuration">All settings.</param>
    /// <param name="placement">Who is where.</param>
    public static void AddFaultPorts(this IServiceCollection services, IConfiguration configuration, Placement placement)
    {
        services.AddSingleton(provider => new LocalPeer<IFaultPort>(new FaultPort(provider.GetRequiredService<FaultBoard>())));
        if (placement.Hosts("gateway") && placement.Peers.Count > 0)
            services.AddSingleton<IFaultControl>(provider => Create(provider, ServicePort.Address(configuration)?.Text, placement));
    }

    private static SpreadFaults Create(IServiceProvider provider, string? own, Placement placement)
    {
        var channels = provider.GetRequiredService<PeerChannels>();
        var time = provider.GetRequiredService<TimeProvider>();
        var here = provider.GetRequiredService<LocalPeer<IFaultPort>>();
        var hosts = new Dictionary<string, IReadOnlyList<IPeer<IFaultPort>>>();
        var known = placement.Hosted.Union(placement.Peers.Select(peer => peer.Module)).ToList();
        foreach (var service in known)
        {
            var elsewhere = placement.Peers.Where(peer => peer.Module == service).SelectMany(peer => peer.Addresses).Where(address => address.Text != own)
                .Select(address => (IPeer<IFaultPort>)new RemotePeer<IFaultPort>("faults", address, channels.To(address), time));
            hosts[service.Name] = placement.Hosts(service.Name) ? [here, .. elsewhere] : [.. elsewhere];
        }

        return new SpreadFaults(SeamServices.FaultTargets(known), hosts, provider.GetRequiredService<ILogger<SpreadFaults>>());
    }
}
