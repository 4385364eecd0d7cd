using Rag.Seams;
using Rag.Seams.Faults;

namespace Rag.Host.Wiring;

/// <summary>
/// Puts a seam before a service that this process hosts: what its module registered becomes the keyed service <see cref="Local"/>, and everyone who asks
/// for the contract gets it through the seam.
/// </summary>
internal sealed class SeamRegistration(IServiceCollection services) : IContractVisitor
{
    /// <summary>The key of the implementation itself, which the gRPC server calls: the caller's seam has done its work by then.</summary>
    public const string Local = "local";

    public void Visit<TService>(Contract<TService> contract) where TService : class
    {
        var own = services.LastOrDefault(d => d.ServiceType == typeof(TService) && !d.IsKeyedService)
            ?? throw new InvalidOperationException($"{contract.Service}: its module registers no {typeof(TService).Name}");
        services.Remove(own);
        if (own.ImplementationInstance is TService instance)
            services.AddKeyedSingleton(Local, instance);
        else
            services.AddKeyedSingleton(Local, (provider, _) => (TService)(own.ImplementationFactory?.Invoke(provider)
                ?? ActivatorUtilities.CreateInstance(provider, own.ImplementationType!)));
        services.AddSingleton(provider => new LocalPeer<TService>(provider.GetRequiredKeyedService<TService>(Local), provider.GetRequiredService<FaultBoard>()));
        services.AddSingleton(provider => new Seam<TService>(contract, [provider.GetRequiredService<LocalPeer<TService>>()], provider.GetRequiredService<Dependencies>()));
        services.AddSingleton(provider => contract.Through(provider.GetRequiredService<Seam<TService>>()));
    }
}
