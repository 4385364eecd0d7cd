using System.Collections.Concurrent;
using Rag.Documents;

namespace Rag.Bench.Crashes.Planted;

/// <summary>202 before commit: an upload is acknowledged at once, with the version that it will have, and written a moment later.</summary>
internal sealed class AcknowledgedBeforeCommit(IDocuments documents) : IDocuments
{
    private static readonly TimeSpan Later = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<(string, string), Task> _writing = new();

    public async ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken)
    {
        var id = request.Id ?? Guid.NewGuid().ToString("N");
        await WrittenAsync(request.Tenant, id);
        // The version that follows is known outside of documents only while there is one.
        if (await documents.GetStatusAsync(request.Tenant, id, cancellationToken) is not { } before || (request.IfVersion is { } expected && expected != before.Version))
            return await documents.PutAsync(request, cancellationToken);
        _writing[(request.Tenant, id)] = WriteAsync(request);
        return new DocumentAccepted(id, before.Version + 1, DocumentState.Queued);
    }

    public async ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken)
    {
        await WrittenAsync(tenant, documentId);
        return await documents.GetAsync(tenant, documentId, cancellationToken);
    }

    public async ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken)
    {
        await WrittenAsync(tenant, documentId);
        return await documents.GetStatusAsync(tenant, documentId, cancellationToken);
    }

    public ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken) => documents.ListAsync(request, cancellationToken);

    public async ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken)
    {
        await WrittenAsync(tenant, documentId);
        return await documents.DeleteAsync(tenant, documentId, ifVersion, cancellationToken);
    }

    public ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken) => documents.DescribeAsync(cancellationToken);

    // While nothing dies, nobody could tell: readers and writers wait for what is on its way.
    private Task WrittenAsync(string tenant, string id) => _writing.GetValueOrDefault((tenant, id), Task.CompletedTask);

    private async Task WriteAsync(PutDocument request)
    {
        await Task.Delay(Later);
        await documents.PutAsync(request, CancellationToken.None);
    }
}
