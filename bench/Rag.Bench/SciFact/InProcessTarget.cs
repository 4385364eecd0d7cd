using System.Numerics.Tensors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Documents;
using Rag.Embedding;
using Rag.Filters;
using Rag.Keywords;
using Rag.Reranking;
using Rag.Search;
using Rag.Vectors;

namespace Rag.Bench.SciFact;

/// <summary>
/// Retrieval alone, without HTTP, ingestion and the approximate index: for trying settings. Texts are cut into windows of 220 words, and
/// neighbours are found exactly.
/// </summary>
internal sealed class InProcessTarget : IRetrievalTarget, IAsyncDisposable
{
    private const string Tenant = "bench";
    private const int WindowWords = 220, OverlapWords = 40;

    private readonly string _data = Directory.CreateTempSubdirectory("rag-scifact-").FullName;
    private readonly ServiceProvider _services;

    public InProcessTarget(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).AddInMemoryCollection([new("data", _data)]).Build();
        var services = new ServiceCollection().AddLogging().AddSingleton<IVectors, ExactVectors>().AddSingleton<IDocuments, NoDocuments>();
        new EmbeddingModule().Register(services, configuration);
        new KeywordsModule().Register(services, configuration);
        new SearchModule().Register(services, configuration);
        new RerankingModule().Register(services, configuration);
        _services = services.BuildServiceProvider();
    }

    public async Task IndexAsync(IReadOnlyList<SciFactData.Abstract> abstracts, CancellationToken cancellationToken)
    {
        var (embedding, vectors, keywords) = (_services.GetRequiredService<IEmbedding>(), _services.GetRequiredService<IVectors>(), _services.GetRequiredService<IKeywords>());
        var nothing = new Dictionary<string, MetadataValue>();
        foreach (var batch in abstracts.Chunk(32))
        {
            await keywords.ReplaceAsync([.. batch.Select(a => new DocumentChunks(Tenant, a.Id, 1, a.Title, Windows(a.Text), nothing))], cancellationToken);
            foreach (var document in batch)
            {
                var reply = await embedding.EmbedAsync(new EmbedRequest([.. Windows(document.Text).Select(w => document.Title + "\n" + w)], EmbedPurpose.Passage), cancellationToken);
                await vectors.ReplaceAsync([new DocumentVectors(Tenant, document.Id, 1, reply.Model, reply.Vectors, nothing)], cancellationToken);
            }
        }
    }

    public async Task<(List<string> DocumentsOfChunks, bool IsDegraded)> SearchAsync(string query, int topK, CancellationToken cancellationToken)
    {
        var reply = await _services.GetRequiredService<ISearch>().SearchAsync(new SearchRequest(Tenant, query, topK, null), cancellationToken);
        return ([.. reply.Results.Select(r => r.Key.DocumentId)], reply.Degraded.Count > 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static List<string> Windows(string text)
    {
        var words = text.Split(' ');
        var windows = new List<string>();
        for (var start = 0; start == 0 || start + OverlapWords < words.Length; start += WindowWords - OverlapWords)
            windows.Add(string.Join(' ', words.Skip(start).Take(WindowWords)));
        return windows;
    }

    private sealed class ExactVectors : IVectors
    {
        private readonly List<(string Id, int Version, int Ordinal, float[] Vector)> _chunks = [];

        public ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
        {
            foreach (var document in documents)
                for (var i = 0; i < document.Chunks.Count; i++)
                    _chunks.Add((document.DocumentId, document.Version, i, document.Chunks[i]));
            return ValueTask.CompletedTask;
        }

        public ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<VectorHit>>(
            [.. _chunks.Select(c => new VectorHit(c.Id, c.Version, c.Ordinal, TensorPrimitives.Dot(c.Vector, request.Vector))).OrderByDescending(h => h.Score).Take(request.TopK)]);

        public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new VectorsState(null, _chunks.Count, 0, 0));
    }
}

/// <summary>Search reads documents only while keywords are down, which they never are here.</summary>
internal sealed class NoDocuments : IDocuments
{
    public ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
