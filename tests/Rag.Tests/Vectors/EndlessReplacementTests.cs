using Rag.Tests.Journals;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Vectors;

public class EndlessReplacementTests
{
    [Fact]
    public async Task Thirty_turnovers_leave_size_bounded_and_recall_high()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, new VectorsOptions { ScanBelow = 0 });
        var random = new Random(1);
        var documents = new Dictionary<string, DocumentVectors>();
        var most = 0L;
        for (var version = 1; version <= 30; version++)
        {
            foreach (var batch in Enumerable.Range(0, 800).Select(i => Make.Document($"d{i}", version, random)).Chunk(40))
            {
                await Make.Replace(index, batch);
                foreach (var document in batch)
                    documents[document.DocumentId] = document;
                var state = await index.DescribeAsync(default);
                most = Math.Max(most, state.Chunks + state.Deleted);
            }
        }

        await index.MaintainAsync();
        Assert.Equal(2400, (await index.DescribeAsync(default)).Chunks);
        Assert.InRange(most, 2400, (2 * 2400) + (40 * 3)); // 72,000 chunks were inserted
        Assert.InRange(await Make.Recall(index, documents.Values, random), 0.95, 1);
        await DurabilityTests.AssertHolds(index, documents.Values);
    }

    [Fact]
    public async Task One_document_replaced_forever_takes_a_bounded_number_of_places()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, new VectorsOptions { RepairFloor = 16 });
        var random = new Random(2);
        for (var version = 1; version <= 2000; version++)
            await Make.Replace(index, Make.Document("d", version, random));
        var state = await index.DescribeAsync(default);
        Assert.Equal(3, state.Chunks);
        Assert.InRange(state.Deleted, 0, 3 + (4 * 16));
    }

    [Fact]
    public async Task What_remains_after_most_is_deleted_is_found_and_so_is_what_comes_after()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, new VectorsOptions { ScanBelow = 0, RepairFloor = 16 });
        var random = new Random(3);
        var documents = await SearchTests.Fill(index, random, 1500);
        foreach (var document in documents.Where((_, i) => i % 20 != 0))
            await Make.Delete(index, document.DocumentId, 2);
        await index.MaintainAsync();
        var left = documents.Where((_, i) => i % 20 == 0).ToList();
        await DurabilityTests.AssertHolds(index, left);
        left.AddRange(await SearchTests.Fill(index, random, 1000, "new"));
        Assert.InRange(await Make.Recall(index, left, random), 0.95, 1);
    }

    [Fact]
    public async Task An_index_emptied_and_filled_again_finds_all()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, new VectorsOptions { ScanBelow = 0, RepairFloor = 16 });
        var random = new Random(4);
        for (var round = 0; round < 3; round++)
        {
            var documents = await SearchTests.Fill(index, random, 300, $"r{round}-");
            await DurabilityTests.AssertHolds(index, documents);
            await Task.WhenAll(documents.Select(document => Make.Delete(index, document.DocumentId, 2)));
            if (round != 1)
                await index.MaintainAsync();
            Assert.Empty(await Make.Search(index, Make.Vector(random)));
        }
    }
}
