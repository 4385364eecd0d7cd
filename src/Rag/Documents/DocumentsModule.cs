using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Rag.Ingestion;
using Rag.Seams;

namespace Rag.Documents;

/// <summary>The documents service and, since the outbox is the queue, ingestion's queue. An engine must bring an <see cref="IDocumentStore"/>.</summary>
public sealed class DocumentsModule : ServiceModule
{
    /// <inheritdoc/>
    public override string Name => "documents";

    /// <inheritdoc/>
    public override IReadOnlyList<string> DependsOn => ["caching"];

    /// <inheritdoc/>
    public override bool Replicable => false;

    /// <inheritdoc/>
    public override IReadOnlyList<Contract> Contracts => [DocumentsContract.Instance, IngestionQueueContract.Instance];

    /// <inheritdoc/>
    public override IReadOnlyList<Setting> Settings => [.. DocumentsSettings.All, .. RelayOptions.All];

    /// <inheritdoc/>
    public override void Register(IServiceCollection services, IConfiguration configuration)
    {
        var options = DocumentsSettings.Read(configuration);
        services.AddSingleton(options);
        services.AddSingleton<DocumentService>();
        services.AddSingleton<IDocuments>(p => p.GetRequiredService<DocumentService>());
        services.AddSingleton<CacheInvalidation>();
        services.AddSingleton<IIngestionQueue, OutboxQueue>();
        if (services.All(service => service.ServiceType != typeof(IJobAnnouncer)))
            return;
        // An engine of the queue carries notices of work to ingestion.
        services.AddSingleton(RelayOptions.Read(configuration));
        services.AddSingleton(provider => provider.GetRequiredService<DocumentService>().Memory.Board as IAnnouncingBoard
            ?? throw new InvalidOperationException("queue:engine: the engine of documents hands out no work by name; expected outbox, or another documents:engine"));
        services.AddSingleton<DeadLetterRelay>();
        services.AddHostedService(provider => provider.GetRequiredService<DeadLetterRelay>());
        services.AddHostedService<OutboxRelay>();
        services.AddHostedService<ChannelWatch>();
    }
}
