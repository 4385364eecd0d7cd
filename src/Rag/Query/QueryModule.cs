using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Hosting;
using Rag.Ingestion;
using Rag.Seams;

namespace Rag.Query;

/// <summary>The query service. Register it after the ingestion queue, which it watches for changes.</summary>
public sealed class QueryModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "query";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => ["search", "generation", "caching"];

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [QueryContract.Instance];

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(QueryOptions.Read(configuration));
        services.TryAddSingleton<IIndexVersions, IndexVersions>();
        services.AddSingleton<IQuery, QueryService>();

        var queue = services.LastOrDefault(service => service.ServiceType == typeof(IIngestionQueue));
        if (queue is null)
            return;
        services.Remove(queue);
        services.AddSingleton<IIngestionQueue>(provider => new VersioningQueue(
            (IIngestionQueue)(queue.ImplementationInstance
                ?? queue.ImplementationFactory?.Invoke(provider)
                ?? ActivatorUtilities.CreateInstance(provider, queue.ImplementationType!)),
            provider.GetRequiredService<IIndexVersions>()));
    }
}
