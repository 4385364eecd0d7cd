using Rag.Embedding;
using Rag.Keywords;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Ingestion;

/// <summary>Both indexes in memory, fenced by version as their contracts say, and an embedding that counts characters. Failures can be planted.</summary>
internal sealed class FakeServices : IEmbedding, IVectors, IKeywords
{
    public static readonly EmbeddingModel Model = new("fake", "1", 2);

    private readonly Lock _gate = new();

    /// <summary>Called with each call's name before it has any effect.</summary>
    public Action<string> Before { get; set; } = _ => { };

    /// <summary>Called with each call's name after its effect.</summary>
    public Action<string> After { get; set; } = _ => { };

    public Dictionary<(string Tenant, string Id), (int Version, IReadOnlyList<float[]>? Chunks)> VectorIndex { get; init; } = [];

    public Dictionary<(string Tenant, string Id), (int Version, DocumentChunks? Chunks)> KeywordIndex { get; init; } = [];

    public List<string> Embedded { get; } = [];

    /// <summary>A copy of what is durable, as a restart would find it.</summary>
    public FakeServices Copy()
    {
        lock (_gate)
            return new FakeServices { VectorIndex = new(VectorIndex), KeywordIndex = new(KeywordIndex) };
    }

    ValueTask<EmbeddingModel> IEmbedding.DescribeAsync(CancellationToken cancellationToken) => new(Model);

    public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken)
    {
        Assert.InRange(request.Texts.Count, 1, 256);
        Before("embed");
        lock (_gate)
            Embedded.AddRange(request.Texts);
        return new(new EmbedReply(Model, [.. request.Texts.Select(t => new float[] { t.Length, 1 })], 0));
    }

    ValueTask IVectors.ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
    {
        Before("vectors.replace");
        lock (_gate)
            foreach (var d in documents)
                if (!VectorIndex.TryGetValue((d.Tenant, d.DocumentId), out var known) || known.Version < d.Version || (known.Version == d.Version && known.Chunks is not null))
                    VectorIndex[(d.Tenant, d.DocumentId)] = (d.Version, d.Chunks);
        After("vectors.replace");
        return default;
    }

    ValueTask IKeywords.ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken)
    {
        Before("keywords.replace");
        lock (_gate)
            foreach (var d in documents)
                if (!KeywordIndex.TryGetValue((d.Tenant, d.DocumentId), out var known) || known.Version < d.Version || (known.Version == d.Version && known.Chunks is not null))
                    KeywordIndex[(d.Tenant, d.DocumentId)] = (d.Version, d);
        After("keywords.replace");
        return default;
    }

    ValueTask IVectors.DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        Before("vectors.delete");
        lock (_gate)
            if (!VectorIndex.TryGetValue((tenant, documentId), out var known) || known.Version <= version)
                VectorIndex[(tenant, documentId)] = (version, null);
        After("vectors.delete");
        return default;
    }

    ValueTask IKeywords.DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        Before("keywords.delete");
        lock (_gate)
            if (!KeywordIndex.TryGetValue((tenant, documentId), out var known) || known.Version <= version)
                KeywordIndex[(tenant, documentId)] = (version, null);
        After("keywords.delete");
        return default;
    }

    ValueTask<IReadOnlyList<VectorHit>> IVectors.SearchAsync(VectorSearch request, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<IReadOnlyList<KeywordHit>> IKeywords.SearchAsync(KeywordSearch request, CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<IReadOnlyList<ChunkText?>> IKeywords.GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    ValueTask<VectorsState> IVectors.DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    ValueTask<KeywordsState> IKeywords.DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
