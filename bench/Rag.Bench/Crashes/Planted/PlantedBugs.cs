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
        Of<IIngestionQueue>("offset-before-commit", "documents", ViolationKind.Lost, queue => new OffsetBeforeCommit(queue)),
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
        : [.. Host.Serving.Modules.All.Select(module => module.Name == All[name].Service ? new PlantedModule(module, All[name].Plant) : module)];

    private static Bug Of<TService>(string name, string service, ViolationKind expected, Func<TService, TService> plant) where TService : class =>
        new(name, service, expected, services =>
        {
            var own = services.Last(descriptor => descriptor.ServiceType == typeof(TService));
            services.Remove(own);
            services.AddSingleton(provider => plant((TService)(own.ImplementationInstance ?? own.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, own.ImplementationType!))));
        });

    private sealed record Bug(string Name, string Service, ViolationKind Expected, Action<IServiceCollection> Plant);

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
