using Rag.Tests.Vectors;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Conformance.Vectors;

/// <summary>Many at once: whatever the order, the greatest version stands, and a reader sees one version of a document.</summary>
public abstract partial class VectorsConformance
{
    [Fact]
    public async Task Writers_that_meet_leave_the_greatest_version()
    {
        var changes = Enumerable.Range(0, 5).SelectMany(d => Enumerable.Range(1, 12).Select(version => (Id: $"d{d}", Version: version))).ToArray();
        _random.Shuffle(changes);
        var documents = changes.ToDictionary(change => change, change => Make.Document(change.Id, change.Version, new Random(change.Version), chunks: 1 + (change.Version % 3)));
        await Parallel.ForEachAsync(changes, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (change, stop) =>
        {
            // The last but one version of each is a deletion, and d4 ends with one.
            if (change.Version == 11 || change == ("d4", 12))
                await Index.DeleteAsync("t", change.Id, change.Version, stop);
            else
                await Index.ReplaceAsync([documents[change]], stop);
        });
        var found = await Make.Search(Index, Make.Vector(_random), 1000);
        Assert.Equal(Enumerable.Range(0, 4).Select(d => ($"d{d}", 12, 0)), found.Select(hit => (hit.DocumentId, hit.Version, hit.Ordinal)).Order());
        Assert.Equal(4, (await Index.DescribeAsync(default)).Chunks);
    }

    [Fact]
    public async Task A_reader_sees_one_version_of_a_document_and_never_none()
    {
        const int Versions = 25;
        var chunk = Make.Vector(_random);
        DocumentVectors Of(int version) => new("t", "d", version, Make.Model, [chunk, chunk], Make.NoMetadata);
        await SearchTests.Fill(Index, _random, 20, "other");
        await Make.Replace(Index, Of(1));
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var version = 2; version <= Versions; version++)
                await Make.Replace(Index, Of(version));
            await stop.CancelAsync();
        });
        var last = 0;
        do
        {
            var seen = (await Make.Search(Index, chunk, 6)).Where(hit => hit.DocumentId == "d").ToList();
            var version = Assert.Single(seen.Select(hit => hit.Version).Distinct());
            Assert.Equal([0, 1], seen.Select(hit => hit.Ordinal).Order());
            Assert.True(version >= last, $"version {version} was seen after {last}");
            last = version;
        }
        while (!stop.IsCancellationRequested);
        await writer;
        Assert.Equal([Versions, Versions], (await Make.Search(Index, chunk, 2)).Select(hit => hit.Version));
    }
}
