using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Rag.Ingestion.Moves;

namespace Rag.Ingestion;

/// <summary>Parses, chunks, embeds and indexes what the documents service has accepted.</summary>
public sealed class IngestionModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "ingestion";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => ["documents", "embedding", "vectors", "keywords", "caching"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FaultPoints => [IngestionWorker.FaultPoint];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => IngestionSettings.All;

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = IngestionSettings.Read(configuration);
        services.AddSingleton(options);
        services.AddSingleton<DocumentPreparer>();
        services.AddSingleton<DocumentIndexer>();
        services.AddSingleton<BatchProcessor>();
        services.AddSingleton<IngestionActivity>();
        services.AddSingleton<DocumentReembedder>();
        services.AddHostedService<ModelMover>();
        // An engine that brings a receiver stands between the outbox and the worker.
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<IngestionWorker>(provider, provider.GetService<IJobReceiver>() is { } receiver
            ? new ChannelQueue(provider.GetRequiredService<IIngestionQueue>(), receiver, provider.GetRequiredService<TimeProvider>())
            : provider.GetRequiredService<IIngestionQueue>()));
    }
}
