using System.Collections.Concurrent;
using Rag.Documents;
using Rag.Errors;
using Rag.Filters;

namespace Rag.Tests.Search;

/// <summary>Documents that can only be read.</summary>
internal sealed class TestDocuments : IDocuments
{
    private readonly Dictionary<string, DocumentRecord> _all = [];

    public HashSet<string> Failing { get; } = [];

    public ConcurrentQueue<string> Read { get; } = new();

    public void Put(string id, int version, string? text) => _all[id] = Record(id, version, text);

    public static DocumentRecord Record(string id, int version, string? text) => new(
        id, version, "title " + id, "text/plain", null, 1, text, new Dictionary<string, MetadataValue>(), "u", default, default, DocumentState.Searchable);

    public ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken)
    {
        Read.Enqueue(documentId);
        return Failing.Contains(documentId)
            ? throw new RagException(RagError.Unavailable, "documents: down")
            : ValueTask.FromResult(_all.GetValueOrDefault(documentId));
    }

    public ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
