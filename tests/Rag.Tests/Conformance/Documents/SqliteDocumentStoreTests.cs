using Rag.Documents;
using Rag.Engines.Sqlite;

namespace Rag.Tests.Conformance.Documents;

public sealed class SqliteDocumentStoreTests : DocumentStoreConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-documents-").FullName;

    protected override Task<IDocumentStore> OpenAsync() => Task.FromResult<IDocumentStore>(SqliteDocumentStore.Open(_folder));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
