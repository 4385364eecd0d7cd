using Rag.Seams;

namespace Rag.Documents;

/// <summary>Asks for a deletion.</summary>
public sealed record DeleteDocument(string Tenant, string DocumentId, int? IfVersion);

/// <summary><see cref="IDocuments"/> through the seam.</summary>
internal static class DocumentsContract
{
    private static readonly CallPolicy Page = new() { Cap = TimeSpan.FromSeconds(2), Retry = true };

    // An upload is not sent twice: without an id of its own it would become two documents.
    private static readonly UnaryCall<IDocuments, PutDocument, DocumentAccepted> Put = new("Put", static (s, r, stop) => s.PutAsync(r, stop), CallPolicy.Write);

    private static readonly UnaryCall<IDocuments, DocumentName, DocumentRecord?> Get = new("Get", static (s, r, stop) => s.GetAsync(r.Tenant, r.DocumentId, stop), CallPolicy.Read);

    private static readonly UnaryCall<IDocuments, DocumentName, DocumentStatus?> GetStatus =
        new("GetStatus", static (s, r, stop) => s.GetStatusAsync(r.Tenant, r.DocumentId, stop), CallPolicy.Read);

    private static readonly UnaryCall<IDocuments, ListDocuments, DocumentPage> List = new("List", static (s, r, stop) => s.ListAsync(r, stop), Page);

    private static readonly UnaryCall<IDocuments, DeleteDocument, bool> Delete =
        new("Delete", static (s, r, stop) => s.DeleteAsync(r.Tenant, r.DocumentId, r.IfVersion, stop), CallPolicy.Write);

    private static readonly UnaryCall<IDocuments, Nothing, DocumentsState> Describe = new("Describe", static (s, _, stop) => s.DescribeAsync(stop), CallPolicy.Watch);

    public static Contract<IDocuments> Instance { get; } = new("documents", seam => new Proxy(seam), Put, Get, GetStatus, List, Delete, Describe)
    {
        Rehearse = static async (service, stop) =>
        {
            await service.GetAsync(Rehearsal.Tenant, "none", stop).ConfigureAwait(false);
            await service.GetStatusAsync(Rehearsal.Tenant, "none", stop).ConfigureAwait(false);
        },
    };

    private sealed class Proxy(Seam<IDocuments> seam) : IDocuments
    {
        public ValueTask<DocumentAccepted> PutAsync(PutDocument request, CancellationToken cancellationToken) => seam.CallAsync(Put, request, cancellationToken);

        public ValueTask<DocumentRecord?> GetAsync(string tenant, string documentId, CancellationToken cancellationToken) =>
            seam.CallAsync(Get, new DocumentName(tenant, documentId), cancellationToken);

        public ValueTask<DocumentStatus?> GetStatusAsync(string tenant, string documentId, CancellationToken cancellationToken) =>
            seam.CallAsync(GetStatus, new DocumentName(tenant, documentId), cancellationToken);

        public ValueTask<DocumentPage> ListAsync(ListDocuments request, CancellationToken cancellationToken) => seam.CallAsync(List, request, cancellationToken);

        public ValueTask<bool> DeleteAsync(string tenant, string documentId, int? ifVersion, CancellationToken cancellationToken) =>
            seam.CallAsync(Delete, new DeleteDocument(tenant, documentId, ifVersion), cancellationToken);

        public ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken) => seam.CallAsync(Describe, default, cancellationToken);
    }
}
