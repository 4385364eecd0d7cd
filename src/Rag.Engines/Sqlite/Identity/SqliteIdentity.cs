using Microsoft.Extensions.DependencyInjection;
using Rag.Identity;

namespace Rag.Engines.Sqlite.Identity;

/// <summary>Registers the embedded key store.</summary>
public static class SqliteIdentity
{
    /// <summary>Keeps users and keys in <c>keys.db</c> in this folder, made when absent. Several processes may use it at a time.</summary>
    public static IServiceCollection AddSqliteIdentity(this IServiceCollection services, string folder) =>
        services.AddSingleton<IKeyStore>(provider => Open(folder, provider.GetRequiredService<TimeProvider>()));

    /// <summary>The store by itself, for commands that run beside the server.</summary>
    public static IKeyStore Open(string folder, TimeProvider time) =>
        new SqliteKeyStore(Path.Combine(Directory.CreateDirectory(folder).FullName, "keys.db"), time);
}
