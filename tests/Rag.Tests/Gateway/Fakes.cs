using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Rag.Documents;
using Rag.Embedding;
using Rag.Errors;
using Rag.Generation;
using Rag.Keywords;
using Rag.Search;
using Rag.Vectors;

namespace Rag.Tests.Gateway;

/// <summary>Chunks in memory; a chunk is found when it holds a word of the query and its tenant asks.</summary>
internal sealed class FakeSearch : ISearch
{
    public ConcurrentDictionary<string, List<SearchResult>> Tenants { get; } = new();

    public List<string> Degraded { get; } = [];

    public RagException? Failure { get; set; }

    /// <summary>Called with each request before it is answered.</summary>
    public Action Before { get; set; } = () => { };

    public void Add(string tenant, string document, string text) => Tenants.GetOrAdd(tenant, _ => [])
        .Add(new SearchResult(new ChunkKey(document, 1, 0), $"Title of {document}", text, 1));

    public ValueTask<SearchReply> SearchAsync(SearchRequest request, CancellationToken cancellationToken)
    {
        Before();
        if (Failure is not null)
            throw Failure;
        var words = request.Query.Split(' ', '?');
        var found = Tenants.GetValueOrDefault(request.Tenant, [])
            .Where(r => words.Any(w => w.Length > 3 && r.Text.Contains(w, StringComparison.OrdinalIgnoreCase))).Take(request.TopK).ToArray();
        return ValueTask.FromResult(new SearchReply(found, Degraded));
    }
}

/// <summary>Documents in memory with the contract's rules about versions and tenants.</summary>
internal sealed class FakeDocuments(TimeProvider time) : IDocuments
{
    private readonly SortedDictionary<(string Tenant, string Id), (PutDocument Put, int Version)> _all = [];
    private int _made;

    public ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken)
    {
        lock (_all)
        {
            var id = request.Id ?? $"made-{++_made}";
            var there = _all.TryGetValue((request.Tenant, id), out var old);
            if (request.IfVersion is { } version && !there)
                throw new RagException(RagError.NotFound, $"no document {id}");
            if (request.IfVersion is { } expected && old.Version != expected)
                throw new RagException(RagError.VersionConflict, $"document {id} has version {old.Version}, not {expected}");
            _all[(request.Tenant, id)] = (request, old.Version + 1);
            return ValueTask.FromResult(new DocumentAccepted(id, old.Version + 1, DocumentState.Queued));
        }
    }

    public ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken)
    {
        lock (_all)
            return ValueTask.FromResult(_all.TryGetValue((tenant, documentId), out var d) ? Record(documentId, d, true) : null);
    }

    public ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken)
    {
        lock (_all)
            return ValueTask.FromResult(_all.TryGetValue((tenant, documentId), out var d)
                ? new DocumentStatus(documentId, d.Version, DocumentState.Failed, "it is a picture", 3, 0, time.GetUtcNow(), time.GetUtcNow(), null, time.GetUtcNow())
                : null);
    }

    public ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken)
    {
        lock (_all)
        {
            var page = _all.Where(d => d.Key.Tenant == request.Tenant && (request.After is null || string.CompareOrdinal(d.Key.Id, request.After) > 0))
                .Where(d => request.Filter?.Matches(d.Value.Put.Metadata) ?? true).Select(d => Record(d.Key.Id, d.Value, false)).Take(request.Limit + 1).ToList();
            return ValueTask.FromResult(page.Count > request.Limit
                ? new DocumentPage(page[..request.Limit], page[request.Limit - 1].DocumentId)
                : new DocumentPage(page, null));
        }
    }

    public ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken)
    {
        lock (_all)
        {
            if (!_all.TryGetValue((tenant, documentId), out var old))
                return ValueTask.FromResult(false);
            if (ifVersion is { } expected && old.Version != expected)
                throw new RagException(RagError.VersionConflict, $"document {documentId} has version {old.Version}, not {expected}");
            return ValueTask.FromResult(_all.Remove((tenant, documentId)));
        }
    }

    public ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(new DocumentsState(_all.Count, 7, TimeSpan.FromSeconds(1.5), 2));

    private DocumentRecord Record(string id, (PutDocument Put, int Version) d, bool text) => new(
        id, d.Version, d.Put.Title, d.Put.ContentType, d.Put.FileName, d.Put.Content.Length, text ? System.Text.Encoding.UTF8.GetString(d.Put.Content.Span) : null,
        d.Put.Metadata, d.Put.User, time.GetUtcNow(), time.GetUtcNow(), DocumentState.Queued);
}

/// <summary>Vectors of three numbers, by length, so that a test can tell them apart.</summary>
internal sealed class FakeEmbedding : IEmbedding
{
    private static readonly EmbeddingModel Model = new("tiny", "1", 3);

    public ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Model);

    public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new EmbedReply(Model, [.. request.Texts.Select(t => new[] { t.Length, 0.5f, -1 / 3f })], request.Texts.Count));
}

internal sealed class FakeVectors : IVectors
{
    public ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken) => default;

    public ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => default;

    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<VectorHit>>([]);

    public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new VectorsState(null, 42, 1, 4096));
}

internal sealed class FakeKeywords : IKeywords
{
    public ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken) => default;

    public ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => default;

    public ValueTask<IReadOnlyList<KeywordHit>> SearchAsync(KeywordSearch request, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<KeywordHit>>([]);

    public ValueTask<IReadOnlyList<ChunkText?>> GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<ChunkText?>>([]);

    public ValueTask<KeywordsState> DescribeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new KeywordsState(42, 1000, 8192));
}

/// <summary>Says what it is told to; may wait for a signal before each piece, fail after some, and tells when it was stopped.</summary>
internal sealed class FakeGeneration : IGeneration
{
    public string[] Pieces { get; set; } = ["Hello", " \"world\"", "\n", "é"];

    public RagException? FailAtOnce { get; set; }

    public RagException? FailAfter { get; set; }

    /// <summary>When set, waits for this before each piece after the first.</summary>
    public SemaphoreSlim? Hold { get; set; }

    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<GenerationRequest> Asked { get; } = new();

    public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>(["fake-llm"]);

    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Asked.Enqueue(request);
        if (FailAtOnce is not null)
            throw FailAtOnce;
        var said = 0;
        foreach (var piece in Pieces)
        {
            if (said > 0 && Hold is not null)
                try
                {
                    await Hold.WaitAsync(cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    Stopped.TrySetResult();
                    throw;
                }

            yield return new GenerationText(piece);
            said++;
        }

        if (FailAfter is not null)
            throw FailAfter;
        yield return new GenerationEnd(11, said, "stop", "fake-llm");
    }
}
