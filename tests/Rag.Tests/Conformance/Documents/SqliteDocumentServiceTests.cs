using Microsoft.Extensions.Time.Testing;
using Rag.Documents;
using Rag.Engines.Sqlite;

namespace Rag.Tests.Conformance.Documents;

public sealed class SqliteDocumentServiceTests : DocumentServiceConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-documents-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal override DocumentsUnderTest Open(DocumentsOptions options) => new(SqliteDocumentStore.Open(_folder), options, _time);

    protected override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}
