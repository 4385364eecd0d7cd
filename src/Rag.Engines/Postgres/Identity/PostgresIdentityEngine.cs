using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Engines.Postgres.Identity;

/// <summary>PostgreSQL as the engine of identity.</summary>
internal sealed class PostgresIdentityEngine : Engine
{
    public override string Seam => "identity";

    public override string Name => "postgres";

    public override string Description => "PostgreSQL: users, hashed keys and usage";

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => PostgresOptions.Settings;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        PostgresSource.Add(services, context);
        services.AddSingleton(provider => new PostgresKeyStore(provider.GetRequiredService<PostgresSource>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IKeyStore>(provider => provider.GetRequiredService<PostgresKeyStore>());
        services.AddSingleton<IKeyArchive>(provider => provider.GetRequiredService<PostgresKeyStore>());
        services.AddSingleton<IUsageStore>(provider => new PostgresUsageStore(provider.GetRequiredService<PostgresSource>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.CheckAsync(context, PostgresKeyStore.Migrations, null, cancellationToken);

    public override ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.MigrateAsync(context, PostgresKeyStore.Migrations, cancellationToken);
}
