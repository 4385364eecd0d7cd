using Rag.Embedding;
using Rag.Errors;
using Rag.Tests.Journals;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Vectors;

public class FenceTests
{
    private readonly Random _random = new(1);

    [Fact]
    public async Task An_older_version_changes_nothing()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var newer = Make.Document("d", 2, _random);
        await Make.Replace(index, newer);
        await Make.Replace(index, Make.Document("d", 1, _random, chunks: 9));
        Assert.Equal([2, 2, 2], (await Make.Search(index, newer.Chunks[0])).Select(hit => hit.Version));
    }

    [Fact]
    public async Task The_same_version_again_changes_nothing()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var document = Make.Document("d", 1, _random);
        await Make.Replace(index, document);
        await Make.Replace(index, document);
        Assert.Equal(3, (await Make.Search(index, document.Chunks[0])).Count);
        Assert.Equal((3, 0), await Counts(index));
    }

    [Fact]
    public async Task A_newer_version_replaces_all_chunks_of_the_older()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        await Make.Replace(index, Make.Document("d", 1, _random, chunks: 5));
        var newer = Make.Document("d", 4, _random, chunks: 2);
        await Make.Replace(index, newer);
        Assert.Equal([4, 4], (await Make.Search(index, newer.Chunks[0])).Select(hit => hit.Version));
        Assert.Equal((2, 5), await Counts(index));
    }

    [Fact]
    public async Task A_deleted_document_stays_deleted_until_a_newer_version_comes()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        await Make.Replace(index, Make.Document("d", 1, _random));
        await Make.Delete(index, "d", 2);
        await Make.Replace(index, Make.Document("d", 1, _random));
        await Make.Replace(index, Make.Document("d", 2, _random));
        Assert.Empty(await Make.Search(index, Make.Vector(_random)));
        await Make.Replace(index, Make.Document("d", 3, _random));
        Assert.Equal(3, (await Make.Search(index, Make.Vector(_random))).Count);
    }

    [Fact]
    public async Task A_deletion_that_comes_first_keeps_the_document_out()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        await Make.Delete(index, "d", 2);
        await Make.Replace(index, Make.Document("d", 1, _random));
        Assert.Empty(await Make.Search(index, Make.Vector(_random)));
    }

    [Fact]
    public async Task An_older_deletion_leaves_a_newer_version()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        await Make.Replace(index, Make.Document("d", 3, _random));
        await Make.Delete(index, "d", 2);
        Assert.Equal(3, (await Make.Search(index, Make.Vector(_random))).Count);
    }

    [Fact]
    public async Task Two_versions_in_one_call_leave_the_newer()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        await Make.Replace(index, Make.Document("d", 1, _random), Make.Document("d", 2, _random), Make.Document("d", 1, _random));
        Assert.Equal([2, 2, 2], (await Make.Search(index, Make.Vector(_random))).Select(hit => hit.Version));
    }

    [Fact]
    public async Task A_document_without_chunks_replaces_one_with_chunks()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        await Make.Replace(index, Make.Document("d", 1, _random));
        await Make.Replace(index, Make.Document("d", 2, _random, chunks: 0));
        Assert.Empty(await Make.Search(index, Make.Vector(_random)));
    }

    [Fact]
    public async Task A_zero_vector_is_near_to_nothing()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var chunk = Make.Vector(_random);
        await Make.Replace(index, new DocumentVectors("t", "d", 1, Make.Model, [new float[48], chunk, new float[48]], Make.NoMetadata));
        Assert.Equal(1, Assert.Single(await Make.Search(index, chunk)).Ordinal);
        Assert.Empty(await Make.Search(index, new float[48]));
        Assert.Equal((1, 0), await Counts(index));
    }

    [Fact]
    public async Task A_vector_that_is_not_of_length_one_is_taken_by_its_direction()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var unit = Make.Vector(_random);
        await Make.Replace(index, new DocumentVectors("t", "d", 1, Make.Model, [[.. unit.Select(x => 5 * x)]], Make.NoMetadata));
        Assert.Equal(1f, Assert.Single(await Make.Search(index, [.. unit.Select(x => 0.1f * x)])).Score, 1e-5f);
    }

    [Fact]
    public async Task Another_model_is_refused_with_both_names()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        await Make.Replace(index, Make.Document("d", 1, _random));
        var other = new EmbeddingModel("other", "7", 48);
        var error = await Assert.ThrowsAsync<RagException>(() => index.SearchAsync(new VectorSearch("t", other, Make.Vector(_random), 5, null), default).AsTask());
        Assert.Equal(RagError.InvalidArgument, error.Error);
        Assert.StartsWith("model: 'other' 7 (48 dimensions) was given, but the index holds vectors of 'test' 1 (48 dimensions)", error.Message);
        error = await Assert.ThrowsAsync<RagException>(() => Make.Replace(index, Make.Document("e", 1, _random), Make.Document("f", 1, _random) with { Model = other }));
        Assert.Equal(RagError.InvalidArgument, error.Error);
        Assert.Equal((3, 0), await Counts(index)); // nothing of the refused call was taken
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task Top_k_out_of_range_is_refused(int topK)
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var error = await Assert.ThrowsAsync<RagException>(() => Make.Search(index, Make.Vector(_random), topK));
        Assert.Equal($"top_k: {topK} is not allowed, expected 1–1000", error.Message);
    }

    [Fact]
    public async Task Wrong_lengths_and_numbers_that_are_none_are_refused()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder);
        var nan = Make.Vector(_random);
        nan[5] = float.NaN;
        var error = await Assert.ThrowsAsync<RagException>(() => Make.Search(index, new float[47]));
        Assert.StartsWith("search: 47 numbers, but model 'test' 1 makes 48", error.Message);
        error = await Assert.ThrowsAsync<RagException>(() => Make.Replace(index, new DocumentVectors("t", "d", 1, Make.Model, [nan], Make.NoMetadata)));
        Assert.StartsWith("document 'd' chunk 0: holds a number that is not finite", error.Message);
    }

    [Fact]
    public async Task A_full_index_refuses_and_takes_again_after_repairs()
    {
        using var folder = new TestFolder();
        using var index = Make.Index(folder, new VectorsOptions { MaxChunks = 30, RepairFloor = 1 });
        for (var i = 0; i < 10; i++)
            await Make.Replace(index, Make.Document($"d{i}", 1, _random));
        var error = await Assert.ThrowsAsync<RagException>(() => Make.Replace(index, Make.Document("more", 1, _random)));
        Assert.Equal(RagError.Overloaded, error.Error);
        for (var i = 0; i < 5; i++)
            await Make.Delete(index, $"d{i}", 2);
        await index.MaintainAsync();
        await Make.Replace(index, Make.Document("more", 1, _random));
        Assert.Equal(18, (await Make.Search(index, Make.Vector(_random), 100)).Count);
    }

    [Fact]
    public void Wrong_options_are_named_all_at_once()
    {
        using var folder = new TestFolder();
        var error = Assert.Throws<InvalidOperationException>(() => Make.Index(folder, new VectorsOptions { Links = 2, RepairShare = 2 }));
        Assert.Equal("vectors: Links: 2 is not allowed, expected 4–64; RepairShare: 2 is not allowed, expected 0.02–0.9", error.Message);
    }

    private static async Task<(long, long)> Counts(IVectors index)
    {
        var state = await index.DescribeAsync(CancellationToken.None);
        return (state.Chunks, state.Deleted);
    }
}
