using Rag.Chunks;
using Rag.Errors;
using Rag.Keywords;
using Rag.Search;
using Xunit;

namespace Rag.Tests.Search;

public class DocumentTextsTests
{
    private static readonly ChunkOptions Cut = new() { ChunkTokens = 32, OverlapTokens = 8 };

    private static readonly string Long = string.Concat(Enumerable.Range(0, 40).Select(i => $"This is sentence number {i} of a long text. "));

    private readonly TestDocuments _documents = new();

    [Fact]
    public async Task Chunks_are_those_that_ingestion_made()
    {
        _documents.Put("d", 3, Long);
        var ranges = new Chunker(32, 8).Split(Long);
        Assert.True(ranges.Count > 5);
        // The last one first: what is known of the beginning must not be taken for the whole.
        foreach (var ordinal in Enumerable.Range(0, ranges.Count).Reverse().Append(2))
            Assert.Equal([Long[ranges[ordinal]]], await TextsAsync(new DocumentTexts(_documents, Cut), ("d", 3, ordinal)));
        var texts = new DocumentTexts(_documents, Cut);
        Assert.Equal([Long[ranges[1]]], await TextsAsync(texts, ("d", 3, 1)));
        Assert.Equal([Long[ranges[^1]], null], await TextsAsync(texts, ("d", 3, ranges.Count - 1), ("d", 3, ranges.Count)));
    }

    [Fact]
    public async Task Another_version_an_absent_document_and_one_without_text_give_none()
    {
        _documents.Put("d", 3, Long);
        _documents.Put("queued", 1, null);
        Assert.Equal([null, null, null], await TextsAsync(new DocumentTexts(_documents, Cut), ("d", 2, 0), ("none", 1, 0), ("queued", 1, 0)));
    }

    [Fact]
    public async Task A_document_is_read_once_for_all_its_chunks_and_again_only_when_it_was_forgotten()
    {
        _documents.Put("d", 1, Long);
        _documents.Put("e", 1, Long);
        var texts = new DocumentTexts(_documents, Cut, mostCharacters: Long.Length * 2);
        await TextsAsync(texts, ("d", 1, 0), ("d", 1, 4), ("d", 1, 2));
        await TextsAsync(texts, ("d", 1, 3));
        Assert.Equal(["d"], _documents.Read);
        await TextsAsync(texts, ("e", 1, 30), ("d", 1, 30)); // past what may be kept
        await TextsAsync(texts, ("e", 1, 30));
        await TextsAsync(texts, ("d", 1, 30));
        Assert.InRange(_documents.Read.Count, 4, 5);
    }

    [Fact]
    public async Task One_document_that_cannot_be_read_costs_the_others_nothing_and_all_are_an_outage()
    {
        _documents.Put("d", 1, "A short text.");
        _documents.Failing.Add("e");
        Assert.Equal([null, "A short text."], await TextsAsync(new DocumentTexts(_documents, Cut), ("e", 1, 0), ("d", 1, 0)));
        var error = await Assert.ThrowsAsync<RagException>(() => TextsAsync(new DocumentTexts(_documents, Cut), ("e", 1, 0)));
        Assert.Equal(RagError.Unavailable, error.Error);
    }

    private static async Task<string?[]> TextsAsync(DocumentTexts texts, params (string Id, int Version, int Ordinal)[] chunks) =>
        [.. (await texts.GetAsync("t", [.. chunks.Select(c => new ChunkKey(c.Id, c.Version, c.Ordinal))], default)).Select(t => t?.Text)];
}
