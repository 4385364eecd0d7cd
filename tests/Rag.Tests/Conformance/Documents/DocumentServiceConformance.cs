using System.Text;
using Rag.Documents;
using Rag.Errors;
using Rag.Filters;
using Rag.Ingestion;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Conformance.Documents;

/// <summary>What the documents service and its queue promise, whatever keeps them.</summary>
public abstract partial class DocumentServiceConformance : IAsyncLifetime
{
    private readonly List<DocumentsUnderTest> _open = [];

    /// <summary>Opens the same documents once more.</summary>
    internal abstract DocumentsUnderTest Open(DocumentsOptions options);

    /// <summary>Lets time pass for leases and waits.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    public abstract ValueTask InitializeAsync();

    public virtual ValueTask DisposeAsync()
    {
        foreach (var documents in _open)
            documents.Dispose();
        return ValueTask.CompletedTask;
    }

    internal DocumentsUnderTest New(DocumentsOptions? options = null)
    {
        var documents = Open(options ?? new DocumentsOptions());
        _open.Add(documents);
        return documents;
    }

    internal DocumentsUnderTest Restart(DocumentsUnderTest documents)
    {
        _open.Remove(documents);
        documents.Dispose();
        return New(documents.Options);
    }

    [Fact]
    public async Task A_status_tells_each_step_with_its_times()
    {
        var documents = New();
        await documents.PutAsync("a");
        var queued = (await documents.StatusAsync("a"))!;
        Assert.Equal((1, DocumentState.Queued, 0, null), (queued.Version, queued.Status, queued.Attempts, queued.StartedAt));
        var job = Assert.Single(await documents.ClaimAsync());
        var processing = (await documents.StatusAsync("a"))!;
        Assert.Equal((DocumentState.Processing, 1), (processing.Status, processing.Attempts));
        Assert.NotNull(processing.StartedAt);
        await documents.CompleteAsync([job]);
        var searchable = (await documents.StatusAsync("a"))!;
        Assert.Equal((DocumentState.Searchable, 1, 1, null), (searchable.Status, searchable.Attempts, searchable.Chunks, searchable.Reason));
        Assert.NotNull(searchable.StartedAt);
        Assert.NotNull(searchable.SearchableAt);
        Assert.Equal(queued.QueuedAt, searchable.QueuedAt);
        Assert.Null(await documents.StatusAsync("other"));
        Assert.Null(await documents.Service.GetStatusAsync("other tenant", "a", default));
    }

    [Fact]
    public async Task Uploads_are_refused_when_too_many_wait_and_deletions_are_not()
    {
        var documents = New(new DocumentsOptions { MaxQueuedJobs = 2 });
        await documents.PutAsync("a");
        await documents.PutAsync("b");
        var refusal = await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("c"));
        Assert.Equal(RagError.Overloaded, refusal.Error);
        Assert.NotNull(refusal.RetryAfter);
        Assert.True(await documents.Service.DeleteAsync("t", "a", null, default));
        await documents.IngestAsync();
        for (var until = Environment.TickCount64 + 10_000; ; await Task.Delay(20))
            try
            {
                await documents.PutAsync("c");
                break;
            }
            catch (RagException error) when (error.Error == RagError.Overloaded && Environment.TickCount64 < until)
            {
                // How many wait may be known a second late.
            }
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("Größe 北京 🙂 e\u0301", "Größe 北京 🙂 e\u0301")]
    [InlineData("nul\0inside\0", "nul\0inside\0")]
    [InlineData("private \uE000 \uE0000 \uE0001", "private \uE000 \uE0000 \uE0001")]
    [InlineData("'; DROP TABLE documents; --", "'; DROP TABLE documents; --")]
    [InlineData("lone <half> surrogate", "lone \uFFFD surrogate")]
    public async Task Texts_come_back_as_they_were_given(string given, string expected)
    {
        var tenant = given.Contains("<half>", StringComparison.Ordinal) ? "t" : "t" + given; // whose names identity makes
        given = given.Replace("<half>", "\uD800", StringComparison.Ordinal); // which no attribute can hold
        var documents = New();
        var upload = DocumentsFixture.Upload("a") with
        {
            Tenant = tenant,
            User = "u" + given,
            Title = given,
            FileName = given.Length == 0 ? null : given,
            Content = Encoding.UTF8.GetBytes(given + "."),
            Metadata = new Dictionary<string, MetadataValue> { ["k"] = given },
        };
        await documents.Service.PutAsync(upload, default);
        var job = Assert.Single(await documents.ClaimAsync());
        Assert.Equal((tenant, expected), (job.Tenant, job.Title));
        Assert.Equal(expected, job.Metadata["k"].Text);
        await documents.Queue.CompleteAsync([new(job, IngestionOutcome.Done, Chunks: 2, Text: "extracted " + given)], default);
        var read = (await documents.Service.GetAsync(upload.Tenant, "a", default))!;
        Assert.Equal(("u" + expected, expected, "extracted " + expected), (read.UploadedBy, read.Title, read.Text));
        Assert.Equal(given.Length == 0 ? null : expected, read.FileName);
        Assert.Equal(expected, read.Metadata["k"].Text);
        Assert.Equal("a", Assert.Single((await documents.Service.ListAsync(new ListDocuments(upload.Tenant, null, null, 10), default)).Documents).DocumentId);
        Assert.Equal(2, (await documents.Service.PutAsync(upload, default)).Version);
        await documents.FailAsync(Assert.Single(await documents.ClaimAsync()), IngestionOutcome.Poison, expected);
        Assert.Equal(expected, (await documents.Service.GetStatusAsync(upload.Tenant, "a", default))!.Reason);
    }

    [Fact]
    public async Task A_text_that_is_the_upload_is_kept_once_and_an_earlier_version_stays_readable_until_the_next_is_searchable()
    {
        var documents = New();
        await documents.PutAsync("a", "same");
        var job = Assert.Single(await documents.IngestAsync());
        Assert.Null(await documents.Store.ReadTextAsync(job.JobId, default));
        Assert.Equal("same", (await documents.Service.GetAsync("t", "a", default))!.Text);
        await documents.PutAsync("a", "next");
        Assert.NotNull((await documents.Store.ReadContentAsync(job.JobId, default))!.Content.ToArray());
        Assert.Null((await documents.Service.GetAsync("t", "a", default))!.Text);
        await documents.IngestAsync();
        Assert.Equal("next", (await documents.Service.GetAsync("t", "a", default))!.Text);
        Assert.True((await documents.Store.ReadContentAsync(job.JobId, default)) is null or { Content.IsEmpty: true });
    }

    [Fact]
    public async Task A_named_version_must_be_the_newest()
    {
        var documents = New();
        Assert.Equal(RagError.NotFound, (await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("a", ifVersion: 1))).Error);
        await documents.PutAsync("a");
        Assert.Equal(2, (await documents.PutAsync("a", ifVersion: 1)).Version);
        Assert.Equal(RagError.VersionConflict, (await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("a", ifVersion: 1))).Error);
        Assert.Equal(RagError.VersionConflict, (await Assert.ThrowsAsync<RagException>(async () => await documents.Service.DeleteAsync("t", "a", 1, default))).Error);
        Assert.True(await documents.Service.DeleteAsync("t", "a", 2, default));
        Assert.Equal(RagError.NotFound, (await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("a", ifVersion: 3))).Error);
    }

    [Fact]
    public async Task Pages_come_in_the_ordinal_order_of_ids_filtered_and_without_deleted_ones()
    {
        var documents = New();
        Assert.Empty((await documents.Service.ListAsync(new ListDocuments("t", null, null, 10), default)).Documents);
        foreach (var id in (string[])["b", "A", "a:1", "a", "Z", "a-1", "gone", "_"])
            await documents.Service.PutAsync(DocumentsFixture.Upload(id) with { Metadata = new Dictionary<string, MetadataValue> { ["upper"] = char.IsUpper(id[0]) } }, default);
        await documents.PutAsync("a", "newer");
        await documents.Service.PutAsync(DocumentsFixture.Upload("elsewhere", tenant: "other"), default);
        await documents.Service.DeleteAsync("t", "gone", null, default);
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = await documents.Service.ListAsync(new ListDocuments("t", null, after, 3), default);
            seen.AddRange(page.Documents.Select(d => d.DocumentId));
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(["A", "Z", "_", "a", "a-1", "a:1", "b"], seen);
        Assert.Equal(8, (await documents.Service.DescribeAsync(default)).Documents); // of all tenants
    }

    [Fact]
    public async Task Versions_of_uploads_that_race_have_no_gaps()
    {
        var documents = New();
        var uploads = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () => await documents.PutAsync("d" + i % 5, $"text {i}"))));
        foreach (var versions in uploads.GroupBy(u => u.DocumentId))
            Assert.Equal(Enumerable.Range(1, 40), versions.Select(u => u.Version).Order());
        Assert.Equal(new DocumentsState(5, 5, TimeSpan.Zero, 0), await documents.Service.DescribeAsync(default) with { OldestQueuedAge = TimeSpan.Zero });
        Assert.All(await documents.IngestAsync(), job => Assert.Equal(40, job.Version));
    }

    [Fact]
    public async Task After_a_restart_all_is_as_it_was_and_what_was_in_hand_comes_again()
    {
        var documents = New();
        await documents.PutAsync("done");
        await documents.IngestAsync();
        await documents.PutAsync("held");
        await documents.PutAsync("gone");
        Assert.Equal(2, (await documents.ClaimAsync(2)).Count);
        await documents.Service.DeleteAsync("t", "gone", null, default);
        await documents.PutAsync("waits");
        documents = Restart(documents);
        Assert.Equal((1, DocumentState.Searchable), await documents.StandAsync("done"));
        Assert.Null(await documents.StatusAsync("gone"));
        var jobs = new Dictionary<string, (int, IngestionKind)>();
        while (jobs.Count < 3)
            foreach (var job in await documents.ClaimAsync(run: "2"))
                Assert.True(jobs.TryAdd(job.DocumentId, (job.Version, job.Kind)));
        Assert.Equal((1, IngestionKind.Index), jobs["held"]);
        Assert.Equal((2, IngestionKind.Delete), jobs["gone"]);
        Assert.Equal((1, IngestionKind.Index), jobs["waits"]);
        Assert.Equal(3, (await documents.Service.DescribeAsync(default)).Documents);
    }
}
