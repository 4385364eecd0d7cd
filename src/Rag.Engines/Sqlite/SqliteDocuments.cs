using Microsoft.Extensions.DependencyInjection;
using Rag.Documents;

namespace Rag.Engines.Sqlite;

/// <summary>SQLite as the engine of documents: one file, no server.</summary>
public static class SqliteDocuments
{
    /// <summary>Keeps documents in <c>documents.db</c> in this folder, which is made when absent. One process at a time.</summary>
    public static IServiceCollection AddSqliteDocuments(this IServiceCollection services, string folder) =>
        services.AddSingleton<IDocumentStore>(_ => SqliteDocumentStore.Open(folder));
}
