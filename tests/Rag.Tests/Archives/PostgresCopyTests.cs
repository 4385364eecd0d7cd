using System.Text;
using Rag.Documents;
using Rag.Engines.Postgres.Documents;
using Rag.Engines.Postgres.Identity;
using Rag.Engines.Sqlite;
using Rag.Engines.Sqlite.Identity;
using Rag.Filters;
using Rag.Host;
using Rag.Host.Archives;
using Rag.Host.Commands;
using Rag.Identity;
using Rag.Ingestion;
using Rag.Tests.Conformance;
using Rag.Tests.Conformance.Documents;
using Rag.Tests.Documents;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Archives;

/// <summary>Documents and keys go from the embedded engines to PostgreSQL and back, and none is lost on the way.</summary>
public sealed class PostgresCopyTests(EngineServers servers) : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("rag-copy-").FullName;
    private PostgresSchema _schema = null!;

    private string Source => Path.Combine(_root, "source");

    private string Back => Path.Combine(_root, "back");

    public async ValueTask InitializeAsync() => _schema = await PostgresSchema.MakeAsync(servers);

    public async ValueTask DisposeAsync()
    {
        await _schema.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Documents_and_keys_go_to_postgres_and_back_with_bytes_metadata_versions_and_deletions()
    {
        var bytes = Enumerable.Range(0, 70_000).Select(i => (byte)(i * 31)).ToArray();
        using (var source = Embedded(Source))
        {
            for (var i = 0; i < 150; i++) // more than one of everything that is done in parts
                await source.PutAsync($"d{i:000}", $"text {i}");
            await source.PutAsync("d007", "replaced");
            await source.Service.PutAsync(
                new PutDocument
                {
                    Tenant = "ü\0",
                    User = "ann",
                    Id = "whole",
                    Title = "Größe \0 \"quoted\"",
                    ContentType = "application/pdf",
                    FileName = "a b.pdf",
                    Content = bytes,
                    Metadata = new Dictionary<string, MetadataValue> { ["year"] = 2001, ["lang"] = "ü" },
                },
                default);
            await source.PutAsync("gone");
            await source.PutAsync("bad", "good");
            await source.IngestAsync(1000);
            await source.Service.DeleteAsync("t", "gone", null, default);
            await source.PutAsync("bad", "spoilt");
            foreach (var job in await source.ClaimAsync())
                await source.Queue.CompleteAsync([job.DocumentId == "bad" ? new IngestionResult(job, IngestionOutcome.Poison, Reason: "unreadable") : DocumentsFixture.Done(job)], default);
        }

        await KeysOf(Source).AddAsync([Key("ann"), Key("bob"), Key("ü")], default);
        await KeysOf(Source).RevokeAsync("bob", default);

        Assert.Equal(ExitCode.Ok, await CopyAsync(Source, ToPostgres()));
        using (var postgres = OnPostgres())
        {
            await AssertWholeAsync(await postgres.ClaimAsync(1000), bytes);
            var record = await postgres.Service.GetAsync("ü\0", "whole", default);
            Assert.Equal(("ann", "a b.pdf"), (record!.UploadedBy, record.FileName));
            Assert.Equal(["lang", "year"], record.Metadata.Keys.Order(StringComparer.Ordinal));
            Assert.Null(await postgres.Service.GetAsync("t", "gone", default));
        }

        var keys = new PostgresKeyStore(_schema.Source, TimeProvider.System);
        Assert.Equal(new Caller("ann", "acme", 7), await keys.FindAsync(KeyHash.Of("key of ann, secret"), default));
        Assert.Null(await keys.FindAsync(KeyHash.Of("key of bob, secret"), default));

        Assert.Equal(ExitCode.Ok, await CopyAsync(From("postgres.yaml"), ToEmbedded(Back)));
        using (var back = Embedded(Back))
            await AssertWholeAsync(await back.ClaimAsync(1000), bytes);
        Assert.Equal(new Caller("ü", "acme", 7), await KeysOf(Back).FindAsync(KeyHash.Of("key of ü, secret"), default));
        Assert.Null(await KeysOf(Back).FindAsync(KeyHash.Of("key of bob, secret"), default));
    }

    [Fact]
    public async Task What_changes_meanwhile_is_not_half_copied_and_comes_with_the_next_copy()
    {
        using (var postgres = OnPostgres())
        {
            for (var i = 0; i < 300; i++)
                await postgres.PutAsync($"d{i:000}", "first");
            await postgres.IngestAsync(1000);

            // By the archive's own hand, so that the change comes in its middle for certain.
            await using var target = new SqliteDocumentStoreAt(Path.Combine(Back, "documents"));
            var archive = new ArchiveTarget(target.Store, KeysOf(Back), new SqliteUsageStore(Path.Combine(Back, "identity", "keys.db")), TimeProvider.System);
            var read = 0;
            await foreach (var archived in new PostgresDocumentArchive(_schema.Source).ReadAsync(default))
            {
                if (++read == 10)
                {
                    await postgres.PutAsync("d000", "second"); // read already
                    await postgres.PutAsync("d299", "second"); // not yet
                    await postgres.Service.DeleteAsync("t", "d298", null, default);
                    await postgres.PutAsync("new", "first");
                }

                Assert.Equal((1, "first"), (archived.Number, Encoding.UTF8.GetString(archived.Content.Span)));
                await archive.AddAsync(Line(archived), default);
            }

            await archive.FlushAsync(default);
            Assert.Equal((300, 300L), (read, archive.Done.Documents));
        }

        ToPostgres();
        Assert.Equal(ExitCode.InvalidArguments, await CopyAsync(From("postgres.yaml"), ToEmbedded(Back)));
        Assert.Equal(ExitCode.Ok, await CopyAsync(From("postgres.yaml"), ToEmbedded(Back), "--merge"));

        using var back = Embedded(Back);
        var jobs = (await back.ClaimAsync(1000)).ToDictionary(job => job.DocumentId, job => $"{job.Version} {job.Kind} {Encoding.UTF8.GetString(job.Content.Span)}");
        Assert.Equal(301, jobs.Count);
        Assert.Equal(("2 Index second", "2 Delete ", "2 Index second", "1 Index first"), (jobs["d000"], jobs["d298"], jobs["d299"], jobs["new"]));
        Assert.All(jobs.Keys.Except(["d000", "d298", "d299", "new"]), id => Assert.Equal("1 Index first", jobs[id]));
    }

    [Fact]
    public async Task A_copy_that_was_interrupted_is_refused_as_a_new_one_and_goes_on_with_merge()
    {
        using (var source = Embedded(Source))
        {
            for (var i = 0; i < 500; i++)
                await source.PutAsync($"d{i:000}", $"text {i}");
            using var postgres = OnPostgres();
            var archive = new ArchiveTarget(postgres.Store, new PostgresKeyStore(_schema.Source, TimeProvider.System), new PostgresUsageStore(_schema.Source), TimeProvider.System);
            using var stop = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var archived in new SqliteDocumentArchive(Path.Combine(Source, "documents")).ReadAsync(stop.Token))
                {
                    await archive.AddAsync(Line(archived), stop.Token);
                    if (archive.Done.Documents > 200)
                        await stop.CancelAsync(); // as Ctrl-C does
                }
            });
            Assert.InRange((await postgres.Service.DescribeAsync(default)).Documents, 201, 499);
            await postgres.IngestAsync(50); // the destination is in use by now, and has a document of its own
            await postgres.PutAsync("d000", "newer than the source's");
        }

        Assert.Equal(ExitCode.InvalidArguments, await CopyAsync(Source, ToPostgres()));
        Assert.Equal(ExitCode.Ok, await CopyAsync(Source, ToPostgres(), "--merge"));
        Assert.Equal(ExitCode.Ok, await CopyAsync(Source, ToPostgres(), "--merge")); // twice is once

        using var merged = OnPostgres();
        Assert.Equal(500, (await merged.Service.DescribeAsync(default)).Documents);
        var open = await merged.ClaimAsync(1000, "another");
        Assert.Equal(open.Count, open.Select(job => job.DocumentId).Distinct().Count());
        for (var i = 0; i < 500; i++)
        {
            var stored = (await merged.Store.FindAsync("t", $"d{i:000}", default))!;
            Assert.Equal(
                i == 0 ? (2, "newer than the source's") : (1, $"text {i}"), (stored.Version, Encoding.UTF8.GetString((await merged.Store.ReadContentAsync(stored.JobId, default))!.Content.Span)));
        }
    }

    [Fact]
    public async Task What_is_something_else_there_under_the_same_version_is_left_alone_and_told()
    {
        using var source = Embedded(Source);
        await source.PutAsync("both", "of the source");
        await source.PutAsync("same", "alike");
        await source.PutAsync("failing", "good");
        await source.IngestAsync();
        await source.PutAsync("failing", "spoilt");
        await source.Queue.CompleteAsync([new IngestionResult((await source.ClaimAsync())[0], IngestionOutcome.Poison, Reason: "unreadable")], default);

        using var postgres = OnPostgres();
        await postgres.PutAsync("both", "of the destination");
        var first = await MergeAsync(postgres);
        Assert.Equal((2L, 1L, 1L, "t/both version 1"), (first.Done.Documents, first.Done.There, first.Differing.Count, first.Differing.First));

        // The good version stands in as version 3 there; the source's own version 3 comes later.
        await source.PutAsync("failing", "mended");
        var second = await MergeAsync(postgres);
        Assert.Equal((0L, 3L, 2L), (second.Done.Documents, second.Done.There, second.Differing.Count));
        var (there, version) = ((await postgres.Store.FindAsync("t", "failing", default))!, 3);
        Assert.Equal((version, "good"), (there.Version, Encoding.UTF8.GetString((await postgres.Store.ReadContentAsync(there.JobId, default))!.Content.Span)));
    }

    private async Task<ArchiveTarget> MergeAsync(DocumentsUnderTest postgres)
    {
        var archive = new ArchiveTarget(postgres.Store, new PostgresKeyStore(_schema.Source, TimeProvider.System), new PostgresUsageStore(_schema.Source), TimeProvider.System);
        await foreach (var archived in new SqliteDocumentArchive(Path.Combine(Source, "documents")).ReadAsync(default))
            await archive.AddAsync(Line(archived), default);
        await archive.FlushAsync(default);
        return archive;
    }

    private static Task AssertWholeAsync(IReadOnlyList<IngestionJob> jobs, byte[] bytes)
    {
        var found = jobs.ToDictionary(job => job.DocumentId, job => $"{job.Version} {job.Kind} {(job.DocumentId == "whole" ? "" : Encoding.UTF8.GetString(job.Content.Span))}");
        Assert.Equal(153, found.Count);
        for (var i = 0; i < 150; i++)
            Assert.Equal(i == 7 ? "2 Index replaced" : $"1 Index text {i}", found[$"d{i:000}"]);
        Assert.Equal(("2 Delete ", "3 Index good", "1 Index "), (found["gone"], found["bad"], found["whole"]));
        var whole = jobs.Single(job => job.DocumentId == "whole");
        Assert.Equal(("ü\0", "Größe \0 \"quoted\"", "application/pdf"), (whole.Tenant, whole.Title, whole.ContentType));
        Assert.True(whole.Content.Span.SequenceEqual(bytes));
        return Task.CompletedTask;
    }

    private static ArchiveDocument Line(ArchivedDocument archived) => new(
        archived.Version.Tenant, archived.Version.DocumentId, archived.Number, archived.Version.Kind == IngestionKind.Delete, archived.Version.Title, archived.Version.ContentType,
        archived.Version.FileName, null, archived.Version.UploadedBy, archived.Version.CreatedAt, archived.Version.QueuedAt, archived.Content.ToArray());

    /// <summary>The embedded engines of a data folder, or a configuration file.</summary>
    private static async Task<int> CopyAsync(string source, string to, params string[] more) =>
        await RagCommand.RunAsync(["copy", .. source.EndsWith(".yaml", StringComparison.Ordinal) ? new[] { "--config", source } : ["--data", source], "--to", to, .. more]);

    private string From(string file) => Path.Combine(_root, file);

    private string ToPostgres() => Write("postgres.yaml",
        $$"""
        data: {{Path.Combine(_root, "postgres")}}
        documents: { engine: postgres }
        identity: { engine: postgres }
        postgres:
          connection: {{_schema.Connection}}
          schema: {{_schema.Options.Schema}}
        """);

    private string ToEmbedded(string data) => Write("embedded.yaml", $"data: {data}\n");

    private string Write(string name, string text)
    {
        var file = Path.Combine(_root, name);
        File.WriteAllText(file, text);
        return file;
    }

    private DocumentsUnderTest OnPostgres() => new(DocumentsUnderTest.On(_schema.Source), new DocumentsOptions(), TimeProvider.System);

    private static DocumentsFixture Embedded(string data) => new(folder: Path.Combine(data, "documents"));

    private static NewKey Key(string user) => new(new Caller(user, "acme", 7), KeyHash.Of($"key of {user}, secret"));

    private static SqliteKeyStore KeysOf(string data) => new(Path.Combine(Directory.CreateDirectory(Path.Combine(data, "identity")).FullName, "keys.db"), TimeProvider.System);

    private sealed class SqliteDocumentStoreAt(string folder) : IAsyncDisposable
    {
        public IDocumentStore Store { get; } = SqliteDocumentStore.Open(Directory.CreateDirectory(folder).FullName);

        public ValueTask DisposeAsync()
        {
            Store.Dispose();
            return default;
        }
    }
}
