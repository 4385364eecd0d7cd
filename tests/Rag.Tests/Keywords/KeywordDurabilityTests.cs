using Rag.Filters;
using Rag.Journals;
using Rag.Keywords;
using Xunit;

namespace Rag.Tests.Keywords;

public class KeywordDurabilityTests : KeywordsFixture
{
    private static readonly string[] Topics = ["ship", "sea", "crane", "cargo", "harbour", "tide", "anchor", "keel"];

    private static string Text(int i, int version) => $"{Topics[i % 8]} {Topics[i / 8 % 8]} unique{i} version{version} and more words about {Topics[(i + version) % 8]}";

    private static void Grow(KeywordsOptions o) => (o.LogFileBytes, o.SnapshotAfterBytes) = (4096, 1 << 20);

    [Theory]
    [InlineData(false)] // killed: no snapshot, the log alone
    [InlineData(true)] // closed: a snapshot
    public async Task A_restart_gives_the_same_answers_with_the_same_scores(bool isClosed)
    {
        var index = Open(o => o.SimilarTerms = 5);
        for (var i = 0; i < 60; i++)
            await index.ReplaceAsync(
                [new DocumentChunks(i % 2 == 0 ? "t" : "u", $"d{i}", 1, $"Title {i}", [Text(i, 1), Text(i, 2)], new Dictionary<string, MetadataValue> { ["n"] = (double)i, ["s"] = "x", ["b"] = true })], default);
        await Put(index, "d0", 2, Text(0, 2));
        await index.DeleteAsync("t", "d2", 2, default);
        var folder = Folder;
        if (isClosed)
            await index.DisposeAsync();
        else
            folder = CopyOfDisk();

        var again = Open(o => o.SimilarTerms = 5, folder);
        if (isClosed)
            index = Open(o => o.SimilarTerms = 5, CopyWithoutSnapshot());
        foreach (var query in new[] { "ship", "keel tide", "unique7", "version", "harbor", "title 8" })
            foreach (var tenant in new[] { "t", "u" })
            {
                var request = new KeywordSearch(tenant, query, 1000, null);
                var before = await index.SearchAsync(request, default);
                Assert.Equal(before, await again.SearchAsync(request, default));
                var keys = before.Select(h => new ChunkKey(h.DocumentId, h.Version, h.Ordinal)).ToList();
                Assert.Equal(await index.GetTextsAsync(tenant, keys, default), await again.GetTextsAsync(tenant, keys, default));
            }

        // Fences come back too.
        await Put(again, "d2", 2, "ship");
        await Put(again, "d0", 1, "ship");
        Assert.DoesNotContain(await Find(again, "ship"), k => k is "d2:2:0" or "d0:1:0");
        var filter = MetadataFilter.Parse(System.Text.Json.JsonDocument.Parse("""{"n":4,"s":"x","b":true}""").RootElement);
        Assert.Equal(["d4:1:0", "d4:1:1"], (await Find(again, "title", filter: filter)).Order());
    }

    private string CopyWithoutSnapshot()
    {
        var copy = CopyOfDisk();
        File.Delete(Path.Combine(copy, "index.snapshot"));
        return copy;
    }

    [Fact]
    public async Task Whatever_was_acknowledged_is_there_after_a_crash_at_any_moment()
    {
        var index = Open(Grow);
        for (var i = 0; i < 40; i++)
        {
            await Put(index, $"d{i}", 1, Text(i, 1));
            if (i % 8 != 0)
                continue;
            using var crashed = Open(Grow, CopyOfDisk());
            for (var j = 0; j <= i; j++)
                Assert.Equal([$"d{j}:1:0"], await Find(crashed, $"unique{j}"));
        }
    }

    // Cut the last write at every length: what was acknowledged before stays, the torn one is whole or gone, and writing goes on.
    [Fact]
    public async Task A_torn_tail_is_cut_off_wherever_it_tears()
    {
        await using (var index = Open())
            await Put(index, "kept", 1, "ship and sea");
        File.Delete(Path.Combine(Folder, "index.snapshot"));
        var log = Directory.GetFiles(Folder, "chunks-*").Single();
        var whole = (int)new FileInfo(log).Length;
        await using (var index = Open())
            await Put(index, "torn", 1, "ship and tree");
        File.Delete(Path.Combine(Folder, "index.snapshot"));
        var bytes = await File.ReadAllBytesAsync(log);

        for (var length = whole; length < bytes.Length; length += 3)
        {
            await File.WriteAllBytesAsync(log, bytes[..length]);
            await using (var index = Open())
            {
                Assert.Equal(["kept:1:0"], await Find(index, "ship"));
                await Put(index, "next", 1, "ship again");
            }

            File.Delete(Path.Combine(Folder, "index.snapshot"));
            await using (var index = Open())
                Assert.Equal(["kept:1:0", "next:1:0"], (await Find(index, "ship")).Order());
            File.Delete(Path.Combine(Folder, "index.snapshot"));
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_acknowledged_data_is_an_error_and_no_silent_loss()
    {
        await using (var index = Open())
        {
            await Put(index, "a", 1, "ship one");
            await Put(index, "b", 1, "ship two");
        }

        File.Delete(Path.Combine(Folder, "index.snapshot"));
        var log = Directory.GetFiles(Folder, "chunks-*").Single();
        var bytes = await File.ReadAllBytesAsync(log);
        bytes[50] ^= 4;
        await File.WriteAllBytesAsync(log, bytes);
        var error = Assert.Throws<JournalException>(() => Open());
        Assert.StartsWith($"{log}: damaged at byte 8 of {bytes.Length}: a record has a wrong checksum", error.Message);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(log));
    }

    [Fact]
    public async Task A_damaged_snapshot_costs_time_and_nothing_else()
    {
        await using (var index = Open())
            await Put(index, "a", 1, "ship");
        var snapshot = Path.Combine(Folder, "index.snapshot");
        var bytes = await File.ReadAllBytesAsync(snapshot);
        bytes[^30] ^= 1;
        await File.WriteAllBytesAsync(snapshot, bytes);
        Assert.Equal(["a:1:0"], await Find(Open(), "ship"));
    }

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        Open();
        Assert.Contains("another process uses this folder", Assert.Throws<JournalException>(() => Open()).Message);
    }

    [Fact]
    public async Task Endless_replacement_keeps_memory_and_disk_bounded_and_survives_a_restart()
    {
        static void Small(KeywordsOptions o) => (o.LogFileBytes, o.SnapshotAfterBytes) = (32_768, 65_536);
        var index = Open(Small);
        long memory = 0, disk = 0;
        for (var version = 1; version <= 600; version++)
        {
            await index.ReplaceAsync([.. Enumerable.Range(0, 16).Select(i => new DocumentChunks("t", $"d{i}", version, "", [Text(i, version), $"second{version}x{i}"], Nothing))], default);
            if (version == 200)
                (memory, disk) = ((await index.DescribeAsync(default)).Bytes, Disk());
        }

        var state = await index.DescribeAsync(default);
        Assert.Equal(32, state.Chunks);
        Assert.InRange(state.Bytes, 0, memory * 3 / 2);
        Assert.InRange(Disk(), 0, disk * 3 / 2);

        var crashed = Open(Small, CopyOfDisk());
        Assert.Equal([.. (await Find(index, "ship")).Order()], (await Find(crashed, "ship")).Order());
        Assert.Equal(Text(3, 600), (await crashed.GetTextsAsync("t", [new("d3", 600, 0)], default))[0]!.Text);
        Assert.Equal(16, (await Find(crashed, "version600")).Length);

        long Disk() => Directory.GetFiles(Folder, "chunks-*").Sum(f => new FileInfo(f).Length);
    }

    [Fact]
    public async Task Readers_see_each_write_whole_or_not_at_all_while_it_goes_on()
    {
        var index = Open();
        await Put(index, "a", 1, "ship v1", "ship v1", "ship v1");
        var writing = Task.Run(async () =>
        {
            for (var version = 2; version <= 400; version++)
                await Put(index, "a", version, [.. Enumerable.Repeat($"ship v{version}", 1 + (version % 5))]);
        });
        var searches = 0;
        for (; !writing.IsCompleted; searches++)
        {
            var hits = await index.SearchAsync(new KeywordSearch("t", "ship", 100, null), default);
            var version = Assert.Single(hits.Select(h => h.Version).Distinct());
            Assert.Equal(version == 1 ? 3 : 1 + (version % 5), hits.Count);
        }

        await writing;
        Assert.True(searches > 10);
    }

    [Fact]
    public async Task Many_writers_share_the_disk_and_all_are_served()
    {
        var index = Open();
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) => await Put(index, $"d{i}", 1, $"ship number{i}"));
        Assert.Equal(400, (await Find(index, "ship")).Length);
        Assert.Equal(400, (await Find(Open(folder: CopyOfDisk()), "ship")).Length);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_let_go()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Open().ReplaceAsync([new DocumentChunks("t", "a", 1, "", ["x"], Nothing)], gone.Token));
    }
}
