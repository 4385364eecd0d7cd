using Rag.Filters;
using Rag.Journals;
using Rag.Tests.Journals;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Vectors;

public class DurabilityTests
{
    private static readonly VectorsOptions NoSnapshots = new() { ScanBelow = 0, SnapshotAfterLogBytes = 1 << 30 };
    private static readonly VectorsOptions ManySnapshots = new() { ScanBelow = 0, SnapshotAfterLogBytes = 1 << 17 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_crash_all_that_was_confirmed_is_there(bool snapshots)
    {
        using var folder = new TestFolder();
        var options = snapshots ? ManySnapshots : NoSnapshots;
        var random = new Random(1);
        var documents = new Dictionary<string, DocumentVectors>();
        using var index = Make.Index(folder, options);
        for (var i = 0; i < 1000; i++)
        {
            var document = Make.Document($"d{random.Next(600)}", i + 1, random, metadata: new Dictionary<string, MetadataValue> { ["i"] = i, ["text"] = "x", ["flag"] = true });
            await Make.Replace(index, document);
            documents[document.DocumentId] = document;
            if (i % 10 == 0)
            {
                var gone = $"d{random.Next(600)}";
                await Make.Delete(index, gone, i + 1);
                if (documents.TryGetValue(gone, out var d) && d.Version <= i + 1)
                    documents.Remove(gone);
            }
        }

        await index.MaintainAsync();
        using var crashed = folder.Copy();
        Assert.Equal(snapshots, Directory.GetFiles(crashed.Path, "snapshot-*").Length == 1);
        using var again = Make.Index(crashed, options);
        Assert.Equal(documents.Values.Sum(d => d.Chunks.Count), (await again.DescribeAsync(default)).Chunks);
        await AssertHolds(again, documents.Values);
        Assert.InRange(await Make.Recall(again, documents.Values, random), 0.95, 1);
        await Make.Delete(again, "d0", 1); // the fence came back: an old version can't pass it
        await Make.Replace(again, [.. documents.Values.Select(d => Make.Document(d.DocumentId, d.Version - 1, random)).Where(d => d.Version > 0)]);
        await AssertHolds(again, documents.Values);
    }

    [Fact]
    public async Task Fences_of_deleted_documents_survive_a_snapshot()
    {
        using var folder = new TestFolder();
        var random = new Random(2);
        using (var index = Make.Index(folder, ManySnapshots))
        {
            await Make.Replace(index, Make.Document("gone", 1, random));
            await Make.Delete(index, "gone", 5);
            await SearchTests.Fill(index, random, 400);
            await index.MaintainAsync();
            await index.MaintainAsync();
        }

        Assert.NotEmpty(Directory.GetFiles(folder.Path, "snapshot-*"));
        using var again = Make.Index(folder, ManySnapshots);
        await Make.Replace(again, Make.Document("gone", 4, random));
        Assert.Equal(1200, (await again.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task A_torn_tail_loses_only_what_was_not_confirmed()
    {
        using var folder = new TestFolder();
        var random = new Random(3);
        var first = Make.Document("first", 1, random);
        using (var index = Make.Index(folder, NoSnapshots))
        {
            await Make.Replace(index, first);
            await Make.Replace(index, Make.Document("second", 1, random));
        }

        var log = folder.File("log-*");
        using (var file = File.OpenWrite(log))
            file.SetLength(file.Length - 100);
        using var again = Make.Index(folder, NoSnapshots);
        await AssertHolds(again, [first]);
        Assert.Equal(3, (await again.DescribeAsync(default)).Chunks);
    }

    [Theory]
    [InlineData("log-*")]
    [InlineData("snapshot-*")]
    public async Task A_damaged_file_is_an_error_that_names_it(string pattern)
    {
        using var folder = new TestFolder();
        var random = new Random(4);
        using (var index = Make.Index(folder, ManySnapshots))
        {
            await SearchTests.Fill(index, random, 400);
            await index.MaintainAsync();
        }

        // Several records after the last snapshot: damage in the middle has whole ones behind it, and can't pass for a torn tail.
        using (var index = Make.Index(folder, NoSnapshots))
            for (var i = 0; i < 10; i++)
                await Make.Replace(index, Make.Document($"late{i}", 1, random));

        var path = Directory.GetFiles(folder.Path, pattern).Order().Last();
        using (var file = File.Open(path, FileMode.Open))
        {
            file.Position = file.Length / 2;
            var value = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(value ^ 1));
        }

        Assert.StartsWith($"{path}: damaged at byte ", Assert.Throws<JournalException>(() => Make.Index(folder, ManySnapshots)).Message);
    }

    [Fact]
    public async Task Snapshots_written_while_documents_change_are_whole_at_every_moment()
    {
        using var folder = new TestFolder();
        var random = new Random(5);
        using var index = Make.Index(folder, new VectorsOptions { ScanBelow = 0, SnapshotAfterLogBytes = 1 << 14, RepairFloor = 32 });
        var documents = new Dictionary<string, DocumentVectors>();
        for (var round = 1; round <= 12; round++)
        {
            foreach (var batch in Enumerable.Range(0, 120).Select(i => Make.Document($"d{i}", round, random)).Chunk(10))
            {
                await Make.Replace(index, batch);
                foreach (var document in batch)
                    documents[document.DocumentId] = document;
            }

            using var crashed = CopyWhileChanging(folder);
            using var again = Make.Index(crashed, NoSnapshots);
            await AssertHolds(again, documents.Values);
        }
    }

    /// <summary>Every document is found by each of its own chunks, exactly once, and nothing else is there.</summary>
    internal static async Task AssertHolds(IVectors index, IReadOnlyCollection<DocumentVectors> documents)
    {
        Assert.Equal(documents.Sum(d => d.Chunks.Count), (await index.DescribeAsync(default)).Chunks);
        foreach (var document in documents)
            for (var i = 0; i < document.Chunks.Count; i++)
            {
                // A broad search: what is asked is whether the chunk is there and can be reached, not how often a narrow walk misses one (Recall measures that).
                var best = (await Make.Search(index, document.Chunks[i], 300, document.Tenant))[0];
                Assert.Equal((document.DocumentId, document.Version, i), (best.DocumentId, best.Version, best.Ordinal));
            }
    }

    // The background may rename and delete between listing and copying: a real crash stops it at one moment, so a copy is taken again until nothing moved.
    internal static TestFolder CopyWhileChanging(TestFolder folder)
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var names = Directory.GetFiles(folder.Path).Order().ToList();
            try
            {
                var copy = folder.Copy();
                if (Directory.GetFiles(folder.Path).Order().SequenceEqual(names))
                    return copy;
                copy.Dispose();
            }
            catch (IOException)
            {
                // a file went while it was copied
            }
        }

        throw new InvalidOperationException("no quiet moment in 1000 attempts");
    }
}
