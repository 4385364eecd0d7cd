using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Rag.Keywords;

namespace Rag.Engines.Postgres.Keywords;

/// <summary>PostgreSQL as the engine of keywords. Several processes may work on it at a time.</summary>
internal sealed class PostgresKeywordsEngine : Engine
{
    public override string Seam => "keywords";

    public override string Name => "postgres";

    public override string Description => "PostgreSQL: BM25 over an inverted index (GIN)";

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => PostgresOptions.Settings;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = KeywordsSettings.Read(context.Configuration);
        PostgresSource.Add(services, context);
        services.AddSingleton<IKeywords>(provider => new PostgresKeywords(provider.GetRequiredService<PostgresSource>(), options, provider.GetRequiredService<TimeProvider>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.CheckAsync(context, KeywordTables.Migrations, null, cancellationToken);

    public override ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.MigrateAsync(context, KeywordTables.Migrations, cancellationToken);
}
