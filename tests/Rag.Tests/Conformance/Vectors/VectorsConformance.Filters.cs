using System.Text.Json;
using Rag.Filters;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Conformance.Vectors;

/// <summary>Filters: every operator on every kind of value means what <see cref="MetadataFilter.Matches"/> says, and enough is found whatever share matches.</summary>
public abstract partial class VectorsConformance
{
    private static MetadataFilter Filter(string json) => MetadataFilter.Parse(JsonDocument.Parse(json).RootElement)!;

    private static readonly Dictionary<string, MetadataValue>[] Fields =
    [
        [],
        new() { ["v"] = "physics" },
        new() { ["v"] = "Physics" },
        new() { ["v"] = "2010" },
        new() { ["v"] = "true" },
        new() { ["v"] = "" },
        new() { ["v"] = "東京 🚢" },
        new() { ["v"] = "nul\0 back\\slash" },
        new() { ["v"] = 2010 },
        new() { ["v"] = 2010.5 },
        new() { ["v"] = -3 },
        new() { ["v"] = 0.1 + 0.2 },
        new() { ["v"] = 0 },
        new() { ["v"] = 1e300 },
        new() { ["v"] = true },
        new() { ["v"] = false },
        new() { ["w"] = "physics", ["$v"] = "x", ["a.b c\"'"] = 1 },
    ];

    [Theory]
    [InlineData("""{"v":"physics"}""")]
    [InlineData("""{"v":"2010"}""")]
    [InlineData("""{"v":2010}""")]
    [InlineData("""{"v":2010.0}""")]
    [InlineData("""{"v":0.30000000000000004}""")]
    [InlineData("""{"v":0.3}""")]
    [InlineData("""{"v":-0.0}""")]
    [InlineData("""{"v":true}""")]
    [InlineData("""{"v":"true"}""")]
    [InlineData("""{"v":""}""")]
    [InlineData("""{"v":"東京 🚢"}""")]
    [InlineData("""{"v":"nul\u0000 back\\slash"}""")]
    [InlineData("""{"v":{"$ne":"physics"}}""")]
    [InlineData("""{"v":{"$ne":2010}}""")]
    [InlineData("""{"absent":{"$ne":1}}""")]
    [InlineData("""{"absent":1}""")]
    [InlineData("""{"v":{"$gt":0}}""")]
    [InlineData("""{"v":{"$gte":2010,"$lt":2010.5}}""")]
    [InlineData("""{"v":{"$lte":0}}""")]
    [InlineData("""{"v":{"$lt":1e301}}""")]
    [InlineData("""{"v":{"$gt":1e400}}""")]
    [InlineData("""{"v":{"$gt":"Physics"}}""")]
    [InlineData("""{"v":{"$lte":"physics"}}""")]
    [InlineData("""{"v":{"$gte":""}}""")]
    [InlineData("""{"v":{"$gt":false}}""")]
    [InlineData("""{"v":{"$in":["physics",2010,false]}}""")]
    [InlineData("""{"v":{"$in":[]}}""")]
    [InlineData("""{"v":{"$nin":["physics",2010,false]}}""")]
    [InlineData("""{"v":{"$nin":[]}}""")]
    [InlineData("""{"w":"physics","$v":{"$in":["x","y"]},"a.b c\"'":{"$gte":1}}""")]
    [InlineData("""{"v":{"$ne":"physics","$nin":[2010,true],"$gt":-5}}""")]
    public async Task A_filter_means_the_same_everywhere(string json)
    {
        await Make.Replace(Index, [.. Fields.Select((metadata, i) => Make.Document($"d{i}", 1, _random, chunks: 2, metadata: metadata))]);
        var filter = Filter(json);
        var expected = Fields.Select((metadata, i) => (metadata, i)).Where(pair => filter.Matches(pair.metadata)).Select(pair => $"d{pair.i}");
        var found = await Make.Search(Index, Make.Vector(_random), 100, filter: filter);
        Assert.Equal(expected.SelectMany(id => new[] { id, id }).Order(StringComparer.Ordinal), found.Select(hit => hit.DocumentId).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"rare":true}""")]
    [InlineData("""{"half":1}""")]
    [InlineData("""{"kind":{"$in":["a","b"]},"rare":{"$ne":true}}""")]
    [InlineData("""{"cluster":"far"}""")]
    [InlineData("""{"kind":{"$gt":"b"}}""")]
    [InlineData("""{"name":{"$gte":"d1490"}}""")]
    public async Task A_filter_gives_the_nearest_of_what_matches_whatever_its_share(string json)
    {
        var filter = Filter(json);
        var documents = new List<DocumentVectors>();
        for (var i = 0; i < 1500; i++)
        {
            var metadata = new Dictionary<string, MetadataValue> { ["half"] = i % 2, ["kind"] = "abc"[i % 3].ToString(), ["name"] = $"d{i:0000}" };
            if (i % 100 == 0)
                metadata["rare"] = true;
            var document = Make.Document($"d{i}", 1, _random, metadata: metadata);
            if (i < 700)
            {
                metadata["cluster"] = "far"; // correlated with the place in space: on the other side of it
                foreach (var chunk in document.Chunks)
                    for (var d = 0; d < chunk.Length; d++)
                        chunk[d] = -chunk[d];
            }

            documents.Add(document);
        }

        foreach (var batch in documents.Chunk(100))
            await Make.Replace(Index, batch);
        var matching = documents.Where(document => filter.Matches(document.Metadata)).ToList();
        Assert.InRange(await Make.Recall(Index, matching, _random, queries: 20, filter: filter), 0.95, 1);
        var ids = matching.Select(document => document.DocumentId).ToHashSet();
        var many = await Make.Search(Index, Make.Vector(_random), 200, filter: filter);
        Assert.Equal(Math.Min(200, 3 * ids.Count), many.Count);
        Assert.All(many, hit => Assert.Contains(hit.DocumentId, ids));
    }

    [Fact]
    public async Task A_new_version_is_filtered_by_its_own_metadata()
    {
        await Make.Replace(Index, Make.Document("d", 1, _random, metadata: new Dictionary<string, MetadataValue> { ["lang"] = "en", ["old"] = true }));
        await Make.Replace(Index, Make.Document("d", 2, _random, metadata: new Dictionary<string, MetadataValue> { ["lang"] = "de" }));
        Assert.Empty(await Make.Search(Index, Make.Vector(_random), filter: Filter("""{"lang":"en"}""")));
        Assert.Empty(await Make.Search(Index, Make.Vector(_random), filter: Filter("""{"old":true}""")));
        Assert.Equal(3, (await Make.Search(Index, Make.Vector(_random), filter: Filter("""{"lang":"de"}"""))).Count);
    }
}
