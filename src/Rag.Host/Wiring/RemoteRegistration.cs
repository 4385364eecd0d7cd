using Rag.Host.Wiring.Remote;
using Rag.Seams;

namespace Rag.Host.Wiring;

/// <summary>Puts a seam before a service in other processes: everyone who asks for the contract gets it through the seam, over gRPC.</summary>
internal sealed class RemoteRegistration(IServiceCollection services, IReadOnlyList<ServiceAddress> addresses) : IContractVisitor
{
    public void Visit<TService>(Contract<TService> contract) where TService : class
    {
        services.AddSingleton(provider =>
        {
            var channels = provider.GetRequiredService<PeerChannels>();
            var time = provider.GetRequiredService<TimeProvider>();
            return new Seam<TService>(
                contract, [.. addresses.Select(at => new RemotePeer<TService>(contract.Service, at, channels.To(at), time))], provider.GetRequiredService<Dependencies>());
        });
        services.AddSingleton(provider => contract.Through(provider.GetRequiredService<Seam<TService>>()));
    }
}
