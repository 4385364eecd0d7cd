using Microsoft.Data.Sqlite;
using Rag.Documents;
using Rag.Engines.Sqlite;
using Xunit;

namespace Rag.Tests.Conformance.Documents;

public sealed class SqliteDocumentStoreTests : DocumentStoreConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-documents-").FullName;

    protected override Task<IDocumentStore> OpenAsync() => Task.FromResult<IDocumentStore>(SqliteDocumentStore.Open(_folder));

    [Fact]
    public void A_database_of_the_first_format_is_brought_to_this_one_and_its_jobs_are_there()
    {
        using (Store)
            Store.Commit(t => Append(t, "a"));
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "documents.db")};Pooling=False"))
        {
            connection.Open();
            SqliteSchema.Execute(connection, "ALTER TABLE outbox DROP COLUMN traceparent; PRAGMA user_version=1;"); // as it was
        }

        using (var again = SqliteDocumentStore.Open(_folder))
        {
            var job = Assert.Single(again.ReadBacklog().Jobs).Version;
            Assert.Equal(("a", (string?)null), (job.DocumentId, job.TraceParent));
            again.Commit(t => t.Append(t.Find("t", "a"), job with { Version = 2, TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }, "two"u8.ToArray()));
        }

        using var last = SqliteDocumentStore.Open(_folder);
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Assert.Single(last.ReadBacklog().Jobs).Version.TraceParent);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
