using System.Collections.Concurrent;
using Rag.Tests.Journals;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Vectors;

public class ConcurrencyTests
{
    // Each version of a document has its own chunks, close together: all of one version are found by its neighbourhood, or none.
    [Fact]
    public async Task Beside_replacements_repairs_and_snapshots_a_search_sees_each_document_whole_in_one_version_and_its_own_tenant()
    {
        const int Writers = 3, Searchers = 3, PerWriter = 30, Versions = 40, Chunks = 4;
        using var folder = new TestFolder();
        using var index = Make.Index(folder, new VectorsOptions { ScanBelow = 0, RepairFloor = 32, SnapshotAfterLogBytes = 1 << 18 });
        var centres = new ConcurrentDictionary<string, float[]>();
        var seed = new Random(1);
        for (var w = 0; w < Writers; w++)
            for (var d = 0; d < PerWriter; d++)
            {
                centres[$"{w}-{d}"] = Make.Vector(seed);
                await Make.Replace(index, Document(w, d, 1, new Random(d)));
            }

        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            var random = new Random(w);
            for (var version = 2; version <= Versions; version++)
                for (var d = 0; d < PerWriter; d++)
                    await Make.Replace(index, Document(w, d, version, random));
        })).ToArray();
        var searches = 0;
        var searchers = Enumerable.Range(0, Searchers).Select(s => Task.Run(async () =>
        {
            var random = new Random(100 + s);
            while (!done.IsCancellationRequested)
            {
                var (w, d) = (random.Next(Writers), random.Next(PerWriter));
                var hits = await Make.Search(index, centres[$"{w}-{d}"], 20, $"tenant{w}");
                Assert.All(hits, hit => Assert.StartsWith($"{w}-", hit.DocumentId));
                var own = hits.Where(hit => hit.DocumentId == $"{w}-{d}").ToList();
                Assert.Single(own.Select(hit => hit.Version).Distinct());
                Assert.Equal(Enumerable.Range(0, Chunks), own.Select(hit => hit.Ordinal).Order());
                Interlocked.Increment(ref searches);
            }
        })).ToArray();

        var finished = await Task.WhenAny(Task.WhenAll(writers), Task.WhenAny(searchers)); // a searcher that fails ends the test
        await done.CancelAsync();
        await Task.WhenAll([finished, .. writers, .. searchers]);
        Assert.True(searches > 100, $"only {searches} searches ran beside the writers");
        Assert.Equal(Writers * PerWriter * Chunks, (await index.DescribeAsync(default)).Chunks);

        using var crashed = DurabilityTests.CopyWhileChanging(folder);
        using var again = Make.Index(crashed, new VectorsOptions { ScanBelow = 0 });
        foreach (var (name, centre) in centres)
            Assert.All((await Make.Search(again, centre, Chunks, $"tenant{name[0]}")), hit => Assert.Equal((name, Versions), (hit.DocumentId, hit.Version)));

        DocumentVectors Document(int w, int d, int version, Random random) => new(
            $"tenant{w}", $"{w}-{d}", version, Make.Model,
            [.. Enumerable.Range(0, Chunks).Select(_ => Near(centres[$"{w}-{d}"], random))], Make.NoMetadata);

        static float[] Near(float[] centre, Random random) => [.. centre.Select(x => x + (0.02f * (random.NextSingle() - 0.5f)))];
    }

    [Fact]
    public async Task Chunks_inserted_from_many_threads_are_found_as_well_as_from_one()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, new VectorsOptions { ScanBelow = 0 });
        var random = new Random(2);
        var documents = Enumerable.Range(0, 1500).Select(i => Make.Document($"d{i}", 1, random)).ToList();
        await Task.WhenAll(documents.Chunk(100).Select(batch => Task.Run(async () =>
        {
            foreach (var document in batch)
                await Make.Replace(index, document);
        })));
        Assert.InRange(await Make.Recall(index, documents, random), 0.95, 1);
        await DurabilityTests.AssertHolds(index, documents);
    }

    [Fact]
    public async Task Versions_that_race_leave_the_highest()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var random = new Random(3);
        for (var round = 0; round < 20; round++)
        {
            var versions = Enumerable.Range(1, 16).Select(v => Make.Document($"r{round}", v, random)).ToArray();
            random.Shuffle(versions);
            await Task.WhenAll(versions.Select(v => Task.Run(() => Make.Replace(index, v))));
        }

        Assert.Equal(60, (await index.DescribeAsync(default)).Chunks);
        Assert.All(await Make.Search(index, Make.Vector(random), 1000), hit => Assert.Equal(16, hit.Version));
    }
}
