using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rag.Documents;
using Rag.Hosting;

namespace Rag.Engines.Postgres.Documents;

/// <summary>PostgreSQL as the engine of documents and their outbox, for several documents processes at a time.</summary>
internal sealed class PostgresDocumentsEngine : Engine
{
    public override string Seam => "documents";

    public override string Name => "postgres";

    public override string Description => "PostgreSQL: documents and the outbox, for several processes at a time";

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => PostgresOptions.Settings;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        PostgresSource.Add(services, context);
        services.AddSingleton<IDocumentStore>(provider => new PostgresDocumentStore(
            provider.GetRequiredService<PostgresSource>(), provider.GetRequiredService<ILogger<PostgresDocumentStore>>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.CheckAsync(context, DocumentTables.Migrations, null, cancellationToken);

    public override ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.MigrateAsync(context, DocumentTables.Migrations, cancellationToken);
}
