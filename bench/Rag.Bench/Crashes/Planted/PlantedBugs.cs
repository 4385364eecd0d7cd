using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Documents;
using Rag.Hosting;
using Rag.Ingestion;
using Rag.Keywords;
using Rag.Seams;

namespace Rag.Bench.Crashes.Planted;

/// <summary>
/// Mistakes that systems like this one make, each in a service that is otherwise as it ships: the checker of crashes has to find every one, or it proves nothing.
/// </summary>
internal static class PlantedBugs
{
    public const string None = "none";

    private static readonly IReadOnlyDictionary<string, Bug> All = new[]
    {
        Of<IIngestionQueue>("offset-before-commit", "documents", ViolationKind.Lost, queue => new OffsetBeforeCommit(queue))
            .With<IJobReceiver>("ingestion", receiver => new StoredBeforeWork(receiver)), // with a broker: its offset as well
        Of<IKeywords>("no-version-fence", "keywords", ViolationKind.Stale, index => new NoVersionFence(index)),
        Of<IKeywords>("delete-without-tombstone", "keywords", ViolationKind.Returned, index => new DeleteWithoutTombstone(index)),
        Of<IKeywords>("random-chunk-ids", "keywords", ViolationKind.Duplicate, index => new AddingKeywords(index, remembers: false)),
        Of<IDocuments>("acknowledged-before-commit", "documents", ViolationKind.Lost, documents => new AcknowledgedBeforeCommit(documents)),
        Of<IIngestionQueue>("unlocked-outbox", "documents", ViolationKind.DoneTwice, queue => new UnlockedOutbox(queue)),
        Of<IKeywords>("dedupe-only-in-cache", "keywords", ViolationKind.Duplicate, index => new AddingKeywords(index, remembers: true)),
    }.ToDictionary(bug => bug.Name);

    public static IReadOnlyCollection<string> Names => [.. All.Keys];

    /// <summary>What the checker must call a bug.</summary>
    public static ViolationKind Expected(string name) => All[name].Expected;

    /// <summary>All services, one of them with the bug.</summary>
    public static IReadOnlyList<ServiceModule> Modules(string name) => name == None
        ? Host.Serving.Modules.All
        : [.. Host.Serving.Modules.All.Select(module => All[name].Plants.TryGetValue(module.Name, out var plant) ? new PlantedModule(module, plant) : module)];

    private static Bug Of<TService>(string name, string service, ViolationKind expected, Func<TService, TService> plant) where TService : class =>
        new Bug(name, expected, new Dictionary<string, Action<IServiceCollection>>()).With(service, plant);

    /// <param name="Name">Its name.</param>
    /// <param name="Expected">What it must be found as.</param>
    /// <param name="Plants">What it puts before something of a service, by the services' names.</param>
    private sealed record Bug(string Name, ViolationKind Expected, IReadOnlyDictionary<string, Action<IServiceCollection>> Plants)
    {
        /// <summary>Puts something before a part of a service, where the system has that part.</summary>
        public Bug With<TService>(string service, Func<TService, TService> plant) where TService : class =>
            this with { Plants = new Dictionary<string, Action<IServiceCollection>>(Plants) { [service] = services => Plant(services, plant) } };

        private static void Plant<TService>(IServiceCollection services, Func<TService, TService> plant) where TService : class
        {
            if (services.LastOrDefault(descriptor => descriptor.ServiceType == typeof(TService)) is not { } own)
                return;
            services.Remove(own);
            services.AddSingleton(provider => plant((TService)(own.ImplementationInstance ?? own.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, own.ImplementationType!))));
        }
    }

    /// <summary>A module as it is, after whose registration something is put before a service of it.</summary>
    private sealed class PlantedModule(ServiceModule module, Action<IServiceCollection> plant) : ServiceModule
    {
        public override string Name => module.Name;

        public override IReadOnlyList<string> DependsOn => module.DependsOn;

        public override IReadOnlyList<Contract> Contracts => module.Contracts;

        public override bool Replicable => module.Replicable;

        public override IReadOnlyList<string> FaultPoints => module.FaultPoints;

        public override IReadOnlyList<Setting> Settings => module.Settings;

        public override void Register(IServiceCollection services, IConfiguration configuration)
        {
            module.Register(services, configuration);
            plant(services);
        }

        public override void Map(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder endpoints) => module.Map(endpoints);
    }
}
