using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Chunks;
using Rag.Documents;
using Rag.Embedding;
using Rag.Errors;
using Rag.Keywords;
using Rag.Reranking;
using Rag.Search;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Search;

public class HybridSearchTests
{
    private readonly Parts _parts = new();

    private async Task<SearchReply> Search(int topK = 10, SearchOptions? options = null) =>
        await new HybridSearch(_parts, _parts, _parts, new DocumentTexts(_parts, new ChunkOptions()), _parts, options ?? new SearchOptions { VectorWeight = 0.5 }, TimeProvider.System, NullLogger<HybridSearch>.Instance)
            .SearchAsync(new SearchRequest("t", "q", topK, null), default);

    private static string Ids(SearchReply reply) => string.Join(' ', reply.Results.Select(r => r.Key.DocumentId));

    [Fact]
    public async Task Both_sides_are_fused_and_texts_fetched_in_one_call()
    {
        var reply = await Search();
        Assert.Equal("k b v", Ids(reply)); // k: 1, b: 0.5 + 0.5·0 … scaled: b = 0 + 0.5, v = 0.5·0
        Assert.Empty(reply.Degraded);
        Assert.Equal(("title k", "text k"), (reply.Results[0].Title, reply.Results[0].Text));
        Assert.Equal(1, _parts.TextCalls);
    }

    [Theory]
    [InlineData("embedding", "k b", "embedding_unavailable")]
    [InlineData("vectors", "k b", "vectors_unavailable")]
    [InlineData("keywords", "b v", "keywords_unavailable")]
    public async Task When_a_part_fails_the_other_side_answers_and_the_reply_says_so(string part, string ids, string degraded)
    {
        _parts.Failing.Add(part);
        var reply = await Search();
        Assert.Equal(ids, Ids(reply));
        Assert.Equal([degraded], reply.Degraded);
    }

    [Theory]
    [InlineData(EmbeddingModel.BuiltInId, null, 0.1)]
    [InlineData("BAAI/bge-small-en-v1.5", null, 1)]
    [InlineData(EmbeddingModel.BuiltInId, 0.7, 0.7)]
    [InlineData("BAAI/bge-small-en-v1.5", 0.0, 0)]
    public async Task Vectors_weigh_little_from_the_built_in_model_and_as_much_as_words_from_a_trained_one_unless_set(string model, double? set, double weight)
    {
        _parts.Model = model;
        var reply = await Search(options: new SearchOptions { VectorWeight = set });
        Assert.Equal(weight, reply.Results.First(result => result.Key.DocumentId == "b").Score, 1e-9); // the best by vectors, the worst by words
    }

    [Fact]
    public void The_weight_is_read_by_its_key()
    {
        var settings = new Dictionary<string, string?> { ["search:vector_weight"] = "0.4" };
        Assert.Equal(0.4, SearchSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).VectorWeight);
    }

    [Theory]
    [InlineData("embedding")]
    [InlineData("vectors")]
    public async Task When_both_sides_fail_the_search_is_unavailable(string part)
    {
        _parts.Failing.UnionWith([part, "keywords"]);
        var error = await Assert.ThrowsAsync<RagException>(() => Search());
        Assert.Equal(RagError.Unavailable, error.Error);
        Assert.Contains("keywords_unavailable", error.Message);
        Assert.Contains($"{part}_unavailable", error.Message);
    }

    [Theory]
    [InlineData("texts", "k b v")]
    [InlineData("keywords", "b v")]
    public async Task While_keywords_are_down_texts_come_from_the_documents(string part, string ids)
    {
        _parts.Failing.Add(part);
        var reply = await Search();
        Assert.Equal(ids, Ids(reply));
        Assert.Equal(["keywords_unavailable"], reply.Degraded);
        Assert.All(reply.Results, r => Assert.Equal(($"title {r.Key.DocumentId}", $"whole text of {r.Key.DocumentId}"), (r.Title, r.Text)));
        Assert.Equal(0, _parts.TextCalls); // who failed to answer once is not asked again
    }

    [Fact]
    public async Task Without_any_text_there_is_no_search()
    {
        _parts.Failing.UnionWith(["keywords", "documents"]);
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => Search())).Error);
    }

    [Fact]
    public async Task A_chunk_whose_text_is_gone_makes_room_for_the_next()
    {
        _parts.Gone.Add("k");
        Assert.Equal("b v", Ids(await Search(topK: 2)));
    }

    [Fact]
    public async Task A_question_without_content_asks_no_neighbours()
    {
        _parts.Vector = [0, 0];
        Assert.Equal("k b", Ids(await Search()));
    }

    [Theory]
    [InlineData(1, 50)]
    [InlineData(100, 200)]
    [InlineData(1000, 1000)]
    public async Task Each_side_is_asked_for_more_than_the_caller_wants(int topK, int depth)
    {
        await Search(topK);
        Assert.Equal([depth, depth], _parts.Depths);
    }

    [Fact]
    public async Task Reranking_reorders_when_switched_on_and_its_failure_keeps_the_order()
    {
        var options = new SearchOptions { VectorWeight = 0.5, Rerank = true, RerankTop = 2 };
        Assert.Equal("b k v", Ids(await Search(options: options)));
        _parts.Failing.Add("reranking");
        var reply = await Search(options: options);
        Assert.Equal("k b v", Ids(reply));
        Assert.Equal(["reranking_unavailable"], reply.Degraded);
    }

    [Fact]
    public async Task A_closer_look_sees_more_candidates_than_are_wanted()
    {
        var reply = await Search(topK: 1, options: new SearchOptions { VectorWeight = 0.5, Rerank = true, RerankTop = 20 });
        Assert.Equal("v", Ids(reply)); // the last of k b v, brought forward
    }

    [Fact]
    public async Task A_caller_who_has_gone_is_no_outage()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        _parts.Cancelled = gone.Token;
        var search = new HybridSearch(_parts, _parts, _parts, new DocumentTexts(_parts, new ChunkOptions()), null, new SearchOptions(), TimeProvider.System, NullLogger<HybridSearch>.Instance);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await search.SearchAsync(new SearchRequest("t", "q", 1, null), gone.Token));
    }

    [Theory]
    [InlineData(0, "q", "search: top_k is 0; allowed are 1 to 1000")]
    [InlineData(1001, "q", "search: top_k is 1001; allowed are 1 to 1000")]
    [InlineData(1, "", "search: the query has 0 characters; allowed are 1 to 8192")]
    public async Task A_wrong_request_is_refused_with_the_rule(int topK, string query, string message)
    {
        var search = new HybridSearch(_parts, _parts, _parts, new DocumentTexts(_parts, new ChunkOptions()), null, new SearchOptions(), TimeProvider.System, NullLogger<HybridSearch>.Instance);
        var error = await Assert.ThrowsAsync<RagException>(async () => await search.SearchAsync(new SearchRequest("t", query, topK, null), default));
        Assert.Equal((RagError.InvalidArgument, message), (error.Error, error.Message));
    }

    /// <summary>All parts in one: keywords know k (10) and b (5), vectors b (0.9) and v (0.5).</summary>
    private sealed class Parts : IEmbedding, IVectors, IKeywords, IReranking, IDocuments
    {
        public HashSet<string> Failing { get; } = [];
        public HashSet<string> Gone { get; } = [];
        public List<int> Depths { get; } = [];
        public float[] Vector { get; set; } = [1, 0];

        public string Model { get; set; } = "m";
        public CancellationToken Cancelled { get; set; }
        public int TextCalls { get; private set; }

        private void MayFail(string part)
        {
            Cancelled.ThrowIfCancellationRequested();
            if (Failing.Contains(part))
                throw new RagException(RagError.Unavailable, part);
        }

        public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
        {
            MayFail("embedding");
            return ValueTask.FromResult(new EmbedReply(new EmbeddingModel(Model, "1", 2), [Vector], 1));
        }

        public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
        {
            MayFail("vectors");
            Depths.Add(request.TopK);
            return ValueTask.FromResult<IReadOnlyList<VectorHit>>([new("b", 1, 0, 0.9f), new("v", 1, 0, 0.5f)]);
        }

        public ValueTask<IReadOnlyList<KeywordHit>> SearchAsync(KeywordSearch request, CancellationToken cancellationToken)
        {
            MayFail("keywords");
            Depths.Add(request.TopK);
            return ValueTask.FromResult<IReadOnlyList<KeywordHit>>([new("k", 1, 0, 10), new("b", 1, 0, 5)]);
        }

        public ValueTask<IReadOnlyList<ChunkText?>> GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken)
        {
            MayFail("texts");
            TextCalls++;
            return ValueTask.FromResult<IReadOnlyList<ChunkText?>>([.. chunks.Select(c => Gone.Contains(c.DocumentId) ? null : new ChunkText(c, "title " + c.DocumentId, "text " + c.DocumentId))]);
        }

        public ValueTask<IReadOnlyList<SearchResult>> RerankAsync(RerankRequest request, CancellationToken cancellationToken)
        {
            MayFail("reranking");
            return ValueTask.FromResult<IReadOnlyList<SearchResult>>([.. request.Candidates.Reverse()]);
        }

        public ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken)
        {
            MayFail("documents");
            return ValueTask.FromResult<DocumentRecord?>(TestDocuments.Record(documentId, 1, $"whole text of {documentId}"));
        }

        public ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken) => throw new NotSupportedException();
        ValueTask<DocumentsState> IDocuments.DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
        ValueTask<EmbeddingModel> IEmbedding.DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
        ValueTask<VectorsState> IVectors.DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
        ValueTask<KeywordsState> IKeywords.DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken) => throw new NotSupportedException();
        public ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
