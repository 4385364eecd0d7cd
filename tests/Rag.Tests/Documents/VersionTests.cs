using System.Diagnostics.Metrics;
using Rag.Documents;
using Rag.Errors;
using Rag.Ingestion;
using Xunit;

namespace Rag.Tests.Documents;

public class VersionTests
{
    // Before: nothing, or versions by put (p) and delete (d); then a put with If-Match.
    [Theory]
    [InlineData("", null, 1, null)]
    [InlineData("p", null, 2, null)]
    [InlineData("ppp", null, 4, null)]
    [InlineData("pd", null, 3, null)]
    [InlineData("pdpd", null, 5, null)]
    [InlineData("p", 1, 2, null)]
    [InlineData("pp", 2, 3, null)]
    [InlineData("pp", 1, 0, RagError.VersionConflict)]
    [InlineData("p", 2, 0, RagError.VersionConflict)]
    [InlineData("", 1, 0, RagError.NotFound)]
    [InlineData("pd", 2, 0, RagError.NotFound)]
    [InlineData("pd", 1, 0, RagError.NotFound)]
    public async Task An_upload_gets_the_next_version_or_a_reason(string before, int? ifVersion, int version, RagError? error)
    {
        using var documents = new DocumentsFixture();
        foreach (var step in before)
            if (step == 'p')
                await documents.PutAsync("d");
            else
                Assert.True(await documents.Service.DeleteAsync("t", "d", null, default));

        if (error is null)
            Assert.Equal(new DocumentAccepted("d", version, DocumentState.Queued), await documents.PutAsync("d", ifVersion: ifVersion));
        else
            Assert.Equal(error, (await Assert.ThrowsAsync<RagException>(async () => await documents.PutAsync("d", ifVersion: ifVersion))).Error);
    }

    [Theory]
    [InlineData(2, 1, false, false, true)]
    [InlineData(1, 0, false, false, true)]
    [InlineData(2, 2, false, false, false)] // searchable: nothing is lost by a next one
    [InlineData(2, 1, false, true, false)] // given up on
    [InlineData(2, 1, true, false, false)] // a deletion
    public void A_version_is_overtaken_while_it_is_on_its_way(int version, int searchable, bool deleted, bool failed, bool overtaken) =>
        Assert.Equal(overtaken, new DocumentHead(1, version, deleted, failed, searchable, default).IsOnItsWay);

    [Fact]
    public async Task Versions_that_the_next_upload_overtakes_are_counted()
    {
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Rag" && instrument.Name == "rag.documents.overtaken")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref counted, value));
        listener.Start();
        using var documents = new DocumentsFixture();
        for (var upload = 0; upload < 4; upload++)
            await documents.PutAsync("d");
        Assert.True(Interlocked.Read(ref counted) >= 3, "three of four"); // other tests upload as well
    }

    [Theory]
    [InlineData("", null, false)]
    [InlineData("pd", null, false)]
    [InlineData("pd", 2, false)]
    [InlineData("p", null, true)]
    [InlineData("pp", 2, true)]
    [InlineData("pp", 1, null)]
    public async Task A_deletion_takes_effect_once_and_only_on_the_version_named(string before, int? ifVersion, bool? deleted)
    {
        using var documents = new DocumentsFixture();
        foreach (var step in before)
            if (step == 'p')
                await documents.PutAsync("d");
            else
                await documents.Service.DeleteAsync("t", "d", null, default);

        if (deleted is null)
        {
            var conflict = await Assert.ThrowsAsync<RagException>(async () => await documents.Service.DeleteAsync("t", "d", ifVersion, default));
            Assert.Equal(RagError.VersionConflict, conflict.Error);
            Assert.Equal("document 'd' is at version 2, not 1; read it again and repeat with If-Match: 2", conflict.Message);
        }
        else
            Assert.Equal(deleted, await documents.Service.DeleteAsync("t", "d", ifVersion, default));
    }

    [Fact]
    public async Task A_deleted_document_is_gone_for_readers_at_once_and_for_the_indexes_in_its_turn()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("d");
        await documents.IngestAsync();
        await documents.Service.DeleteAsync("t", "d", null, default);

        Assert.Null(await documents.StatusAsync("d"));
        Assert.Null(await documents.Service.GetAsync("t", "d", default));
        Assert.Empty((await documents.Service.ListAsync(new ListDocuments("t", null, null, 10), default)).Documents);
        var job = Assert.Single(await documents.IngestAsync());
        Assert.Equal((IngestionKind.Delete, 2), (job.Kind, job.Version));
        Assert.Equal(new DocumentsState(0, 0, TimeSpan.Zero, 0), await documents.Service.DescribeAsync(default));
    }

    [Fact]
    public async Task Tenants_have_documents_of_the_same_id_and_never_see_each_other()
    {
        using var documents = new DocumentsFixture();
        await documents.Service.PutAsync(DocumentsFixture.Upload("d", "mine", tenant: "a"), default);
        await documents.Service.PutAsync(DocumentsFixture.Upload("d", "yours", tenant: "b"), default);
        await documents.IngestAsync();

        Assert.Equal("mine", (await documents.Service.GetAsync("a", "d", default))!.Text);
        Assert.Equal("yours", (await documents.Service.GetAsync("b", "d", default))!.Text);
        Assert.True(await documents.Service.DeleteAsync("a", "d", null, default));
        Assert.NotNull(await documents.Service.GetStatusAsync("b", "d", default));
        Assert.Null(await documents.Service.GetStatusAsync("c", "d", default));
    }

    [Fact]
    public async Task Concurrent_uploads_of_one_id_get_each_version_once()
    {
        using var documents = new DocumentsFixture();
        var accepted = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => documents.PutAsync("d", $"text {i}").AsTask()));
        Assert.Equal(Enumerable.Range(1, 100), accepted.Select(a => a.Version).Order());
        var job = Assert.Single(await documents.IngestAsync());
        Assert.Equal(100, job.Version);
    }

    [Fact]
    public async Task Of_concurrent_uploads_on_one_version_one_wins()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("d");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                return (await documents.PutAsync("d", $"text {i}", ifVersion: 1)).Version;
            }
            catch (RagException conflict)
            {
                Assert.Equal(RagError.VersionConflict, conflict.Error);
                return 0;
            }
        }));
        Assert.Equal([2], outcomes.Where(v => v > 0));
    }

    [Fact]
    public async Task A_failed_version_leaves_the_earlier_one_searchable_and_its_content_in_place()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("d", "good");
        var first = Assert.Single(await documents.IngestAsync());
        await documents.PutAsync("d", "bad");
        var second = Assert.Single(await documents.ClaimAsync());
        await documents.Queue.CompleteAsync([new(second, IngestionOutcome.Poison, Reason: "unreadable")], default);

        var status = await documents.StatusAsync("d");
        Assert.Equal((2, DocumentState.Failed, "unreadable"), (status!.Version, status.Status, status.Reason));
        Assert.Equal(1, (await documents.Service.DescribeAsync(default)).Quarantined);
        Assert.False((await documents.Store.ReadContentAsync(first.JobId, default))!.Content.IsEmpty);

        await documents.PutAsync("d", "good again");
        await documents.IngestAsync();
        Assert.Equal(0, (await documents.Service.DescribeAsync(default)).Quarantined);
        Assert.True((await documents.Store.ReadContentAsync(first.JobId, default))!.Content.IsEmpty);
    }

    [Fact]
    public async Task Everything_reads_the_same_after_a_restart()
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("done", "text of it");
        await documents.IngestAsync();
        await documents.PutAsync("bad");
        await documents.Queue.CompleteAsync([new((await documents.ClaimAsync())[0], IngestionOutcome.Poison, Reason: "broken")], default);
        await documents.PutAsync("gone");
        await documents.Service.DeleteAsync("t", "gone", null, default);
        await documents.PutAsync("waiting");
        string[] ids = ["done", "bad", "gone", "waiting"];
        var before = await Task.WhenAll(ids.Select(documents.StatusAsync));
        var state = await documents.Service.DescribeAsync(default);
        documents.Service.Dispose();
        documents.Store.Dispose();

        using var again = new DocumentsFixture(folder: documents.Folder, time: documents.Time);
        Assert.Equal(before, await Task.WhenAll(ids.Select(again.StatusAsync)));
        Assert.Equal(state, await again.Service.DescribeAsync(default));
        Assert.Equal("text of it", (await again.Service.GetAsync("t", "done", default))!.Text);
        Assert.Equal(["gone", "waiting"], (await again.ClaimAsync()).Select(j => j.DocumentId));
        Assert.Equal(3, (await again.PutAsync("gone")).Version);
    }

    [Fact]
    public async Task Rows_and_bytes_of_old_versions_are_bounded()
    {
        using var documents = new DocumentsFixture();
        var jobs = new List<long>();
        for (var i = 0; i < 50; i++)
        {
            await documents.PutAsync("d", $"text {i}");
            jobs.AddRange((await documents.IngestAsync()).Select(j => j.JobId));
        }

        var rows = 0;
        var contents = 0;
        foreach (var job in jobs)
            if (await documents.Store.ReadContentAsync(job, default) is { } stored)
                (rows, contents) = (rows + 1, contents + (stored.Content.IsEmpty ? 0 : 1));
        Assert.Equal((documents.Options.KeptVersions, 1), (rows, contents));
    }
}
