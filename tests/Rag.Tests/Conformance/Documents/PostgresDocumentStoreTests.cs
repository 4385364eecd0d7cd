using Rag.Documents;
using Rag.Tests.Engines;

namespace Rag.Tests.Conformance.Documents;

public sealed class PostgresDocumentStoreTests(EngineServers servers) : DocumentStoreConformance
{
    private PostgresSchema? _schema;

    protected override async Task<IDocumentStore> OpenAsync()
    {
        _schema = await PostgresSchema.MakeAsync(servers);
        return DocumentsUnderTest.On(_schema.Source);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_schema is not null)
            await _schema.DisposeAsync();
    }
}
