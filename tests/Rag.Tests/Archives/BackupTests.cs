using System.IO.Compression;
using System.Text;
using Rag.Documents;
using Rag.Engines.Sqlite.Identity;
using Rag.Filters;
using Rag.Host;
using Rag.Host.Archives;
using Rag.Host.Commands;
using Rag.Identity;
using Rag.Identity.Usage;
using Rag.Ingestion;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Archives;

/// <summary>What is backed up comes back, and what is no whole backup changes nothing.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("rag-backup-").FullName;

    private string Source => Path.Combine(_root, "source");

    private string Target => Path.Combine(_root, "target");

    private string File => Path.Combine(_root, "rag.jsonl.gz");

    [Fact]
    public async Task Every_document_comes_back_with_its_bytes_metadata_and_version_and_deleted_ones_stay_deleted()
    {
        var bytes = Enumerable.Range(0, 70_000).Select(i => (byte)(i * 31)).ToArray();
        using (var source = Open(Source))
        {
            await source.PutAsync("twice", "first");
            await source.PutAsync("twice", "second");
            await source.Service.PutAsync(
                new PutDocument
                {
                    Tenant = "ü",
                    User = "ann",
                    Id = "whole",
                    Title = "Größe \u0000 \"quoted\"",
                    ContentType = "application/pdf",
                    FileName = "a b.pdf",
                    Content = bytes,
                    Metadata = new Dictionary<string, MetadataValue> { ["year"] = 2001, ["lang"] = "ü" },
                },
                default);
            await source.PutAsync("gone");
            await source.IngestAsync();
            await source.Service.DeleteAsync("t", "gone", null, default);
            await source.IngestAsync();

            // The source is open all the while: a backup is taken beside a running system.
            Assert.Equal(ExitCode.Ok, await RagCommand.RunAsync(["backup", File, "--data", Source]));
        }

        Assert.Equal(ExitCode.Ok, await RagCommand.RunAsync(["restore", File, "--data", Target]));

        using var target = Open(Target);
        var jobs = await target.ClaimAsync();
        Assert.Equal(["gone 2 Delete", "twice 2 Index", "whole 1 Index"], jobs.Select(j => $"{j.DocumentId} {j.Version} {j.Kind}").Order(StringComparer.Ordinal));
        Assert.Equal("second", Encoding.UTF8.GetString(jobs.Single(j => j.DocumentId == "twice").Content.Span));
        var whole = jobs.Single(j => j.DocumentId == "whole");
        Assert.Equal(("ü", "Größe \u0000 \"quoted\"", "application/pdf"), (whole.Tenant, whole.Title, whole.ContentType));
        Assert.True(whole.Content.Span.SequenceEqual(bytes));
        Assert.Equal(["lang", "year"], whole.Metadata.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("ann", "a b.pdf"), (await target.Service.GetAsync("ü", "whole", default)) is { } record ? (record.UploadedBy, record.FileName) : default);
        Assert.Null(await target.Service.GetAsync("t", "gone", default));
        Assert.Equal(3, (await target.PutAsync("gone", "again")).Version);
        Assert.Equal(3, (await target.PutAsync("twice", "third", ifVersion: 2)).Version);
    }

    [Fact]
    public async Task Keys_come_back_and_revoked_ones_do_not()
    {
        await KeysOf(Source).AddAsync([New("ann", "key of ann, secret"), New("bob", "key of bob, secret")], default);
        await KeysOf(Source).RevokeAsync("bob", default);

        await RagCommand.RunAsync(["backup", File, "--data", Source]);
        await RagCommand.RunAsync(["restore", File, "--data", Target]);

        Assert.Equal(new Caller("ann", "acme", 7), await KeysOf(Target).FindAsync(KeyHash.Of("key of ann, secret"), default));
        Assert.Null(await KeysOf(Target).FindAsync(KeyHash.Of("key of bob, secret"), default));
    }

    [Fact]
    public async Task Usage_and_quotas_come_back_and_a_second_restore_adds_nothing()
    {
        await KeysOf(Source).AddAsync([new NewKey(new Caller("ann", "acme", 7, 1000, 50_000), KeyHash.Of("key of ann, secret"))], default);
        var entry = new UsageEntry(739_000, "acme", "ann", "0123456789ab", "query", new UsageAmounts(3, 20, 10, 0, 0, 0, 0));
        await UsageOf(Source).AddAsync(new UsageBatch("s", 1, [entry], 739_000, []), default);

        await RagCommand.RunAsync(["backup", File, "--data", Source]);
        Assert.Equal(ExitCode.Ok, await RagCommand.RunAsync(["restore", File, "--data", Target]));
        Assert.Equal(ExitCode.Ok, await RagCommand.RunAsync(["restore", File, "--data", Target, "--merge"]));
        Assert.Equal(ExitCode.Ok, await RagCommand.RunAsync(["copy", "--data", Source, "--to", Config(Target), "--merge"]));

        Assert.Equal([entry], (await UsageOf(Target).ReadAsync(new UsageQuestion(0, int.MaxValue, null, null, null, 10), default)).Entries);
        Assert.Equal(new Caller("ann", "acme", 7, 1000, 50_000), await KeysOf(Target).FindAsync(KeyHash.Of("key of ann, secret"), default));
    }

    [Fact]
    public async Task Of_a_document_whose_newest_version_failed_the_one_that_searches_find_is_taken_under_a_number_of_its_own()
    {
        using (var source = Open(Source))
        {
            await source.PutAsync("d", "good");
            await source.IngestAsync();
            await source.PutAsync("d", "bad");
            await source.Queue.CompleteAsync([new IngestionResult((await source.ClaimAsync())[0], IngestionOutcome.Poison, Reason: "unreadable")], default);
        }

        await RagCommand.RunAsync(["backup", File, "--data", Source]);
        await RagCommand.RunAsync(["restore", File, "--data", Target]);

        using var target = Open(Target);
        var job = Assert.Single(await target.ClaimAsync());
        Assert.Equal((3, "good"), (job.Version, Encoding.UTF8.GetString(job.Content.Span)));
    }

    [Fact]
    public async Task A_destination_that_holds_documents_is_refused_and_with_merge_only_what_is_newer_is_taken()
    {
        using (var source = Open(Source))
        {
            await source.PutAsync("a", "of the source");
            await source.PutAsync("b", "first");
            await source.PutAsync("b", "second");
        }

        using (var target = Open(Target))
        {
            await target.PutAsync("a", "of the target");
            await target.PutAsync("b", "older");
        }

        Assert.Equal(ExitCode.InvalidArguments, await RagCommand.RunAsync(["copy", "--data", Source, "--to", Config(Target)]));
        Assert.Equal(ExitCode.Ok, await RagCommand.RunAsync(["copy", "--data", Source, "--to", Config(Target), "--merge"]));
        Assert.Equal(ExitCode.Ok, await RagCommand.RunAsync(["copy", "--data", Source, "--to", Config(Target), "--merge"]));

        using var merged = Open(Target);
        Assert.Equal(
            ["a 1 of the target", "b 2 second"], (await merged.ClaimAsync()).Select(j => $"{j.DocumentId} {j.Version} {Encoding.UTF8.GetString(j.Content.Span)}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("cut", "no whole backup")]
    [InlineData("empty", "no whole backup")]
    [InlineData("text", "no whole backup")]
    [InlineData("changed", "no whole backup")]
    [InlineData("newer", "format 2; this program reads format 1")]
    [InlineData("absent", "can't be read")]
    public async Task What_is_no_whole_backup_is_refused_before_anything_changes(string how, string expected)
    {
        using (var source = Open(Source))
            for (var i = 0; i < 50; i++)
                await source.PutAsync($"d{i}", new string('x', 1000) + i);
        await RagCommand.RunAsync(["backup", File, "--data", Source]);
        Damage(how);

        var error = Assert.Throws<CommandException>(() => ArchiveReader.Verify(File));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.InvalidArguments, await RagCommand.RunAsync(["restore", File, "--data", Target]));
        Assert.False(Directory.Exists(Target));
    }

    [Fact]
    public async Task A_backup_that_can_not_be_written_leaves_nothing()
    {
        using (var source = Open(Source))
            await source.PutAsync("d");
        var place = Path.Combine(_root, "folder.gz");
        Directory.CreateDirectory(place);

        Assert.Equal(ExitCode.DataFolderUnusable, await RagCommand.RunAsync(["backup", place, "--data", Source]));
        Assert.False(System.IO.File.Exists(place + ".part"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static DocumentsFixture Open(string data) => new(folder: Path.Combine(data, "documents"));

    private static NewKey New(string user, string key) => new(new Caller(user, "acme", 7), KeyHash.Of(key));

    private static SqliteKeyStore KeysOf(string data) => new(Path.Combine(Directory.CreateDirectory(Path.Combine(data, "identity")).FullName, "keys.db"), TimeProvider.System);

    private static SqliteUsageStore UsageOf(string data) => new(Path.Combine(Directory.CreateDirectory(Path.Combine(data, "identity")).FullName, "keys.db"));

    private string Config(string data)
    {
        var file = Path.Combine(_root, "target.yaml");
        System.IO.File.WriteAllText(file, $"data: {data}\n");
        return file;
    }

    private void Damage(string how)
    {
        var whole = System.IO.File.ReadAllBytes(File);
        using var unzipped = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(whole), CompressionMode.Decompress))
            gzip.CopyTo(unzipped);
        var text = Encoding.UTF8.GetString(unzipped.ToArray());
        switch (how)
        {
            case "cut":
                System.IO.File.WriteAllBytes(File, whole[..(whole.Length / 2)]);
                break;
            case "empty":
                System.IO.File.WriteAllBytes(File, []);
                break;
            case "text":
                System.IO.File.WriteAllText(File, "hello");
                break;
            case "changed":
                Zip(text.Replace("\"id\":\"d7\"", "\"id\":\"d8\"", StringComparison.Ordinal));
                break;
            case "newer":
                Zip(text.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
                break;
            case "absent":
                System.IO.File.Delete(File);
                break;
        }
    }

    private void Zip(string text)
    {
        using var file = System.IO.File.Create(File);
        using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        gzip.Write(Encoding.UTF8.GetBytes(text));
    }
}
