using Microsoft.Extensions.DependencyInjection;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Engines.Sqlite.Identity;

/// <summary>SQLite as the engine of identity: users and keys in <c>{data}/identity/keys.db</c>. Several processes may use it at a time.</summary>
internal sealed class SqliteIdentityEngine : Engine
{
    public override string Seam => "identity";

    public override string Name => "sqlite";

    public override string Description => "SQLite: one file in the data folder";

    public override bool Shared => true;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        services.AddSingleton(provider => new SqliteKeyStore(Path.Combine(context.Folder(Seam), "keys.db"), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IKeyStore>(provider => provider.GetRequiredService<SqliteKeyStore>());
        services.AddSingleton<IKeyArchive>(provider => provider.GetRequiredService<SqliteKeyStore>());
        services.AddSingleton<IUsageStore>(_ => new SqliteUsageStore(Path.Combine(context.Folder(Seam), "keys.db")));
    }
}
