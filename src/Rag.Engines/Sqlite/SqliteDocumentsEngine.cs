using Microsoft.Extensions.DependencyInjection;
using Rag.Documents;

namespace Rag.Engines.Sqlite;

/// <summary>SQLite as the engine of documents: one file, <c>{data}/documents/documents.db</c>, no server. One process at a time.</summary>
internal sealed class SqliteDocumentsEngine : Engine
{
    public override string Seam => "documents";

    public override string Name => "sqlite";

    public override string Description => "SQLite: one file in the data folder";

    public override void Register(IServiceCollection services, EngineContext context)
    {
        services.AddSingleton<IDocumentStore>(_ => SqliteDocumentStore.Open(Path.Combine(context.Data, Seam)));
        services.AddSingleton<IDocumentArchive>(_ => new SqliteDocumentArchive(Path.Combine(context.Data, Seam)));
    }
}
