using System.Runtime.InteropServices;
using Rag.Documents;
using Rag.Ingestion;

namespace Rag.Engines.Postgres.Documents;

/// <summary>
/// One commit's reads and writes. What the commit is about was read in one go; writes are gathered here and sent in one go at the end (<see cref="CommitStatements"/>),
/// so a commit of many uploads costs two round trips, not two each. Reads see what was gathered.
/// </summary>
/// <param name="read">Reads documents that were not announced: by name, or by a job's number.</param>
/// <param name="jobs">Numbers for jobs, growing over all processes.</param>
/// <param name="keys">Numbers for documents.</param>
internal sealed class DocumentTransaction(Func<DocumentKey?, long?, OpenDocument?> read, Func<long> jobs, Func<long> keys) : IDocumentTransaction
{
    private readonly Dictionary<DocumentKey, OpenDocument> _documents = [];
    private readonly Dictionary<long, OpenDocument> _byKey = [];

    /// <summary>Every document that was read.</summary>
    public IEnumerable<OpenDocument> Documents => _documents.Values;

    public List<(long Document, long Job, StoredVersion Version, byte[]? Content)> Versions { get; } = [];

    public List<long> RemovedJobs { get; } = [];

    /// <summary>Jobs that go on later, and the attempts that their claims began with; -1 for one that nobody holds.</summary>
    public List<(JobTicket Next, int HeldAttempts, TimeSpan Wait, string? Reason)> Returned { get; } = [];

    public List<(long Document, Settlement Settlement)> Settled { get; } = [];

    public List<(long Document, int ContentsBelow, int RowsBelow, int Keep)> Pruned { get; } = [];

    public bool IsEmpty => Versions.Count + RemovedJobs.Count + Returned.Count + Settled.Count + Pruned.Count == 0 && !_documents.Values.Any(d => d.Changed);

    /// <summary>Puts in what was read.</summary>
    public void Open(OpenDocument document)
    {
        _documents[document.Name] = document;
        if (document.Head is { } head)
            _byKey[head.Key] = document;
    }

    /// <summary>Puts in that a name was looked for; nothing was found where <see cref="Open"/> did not come first.</summary>
    public void OpenNew(DocumentKey name) => _documents.TryAdd(name, new OpenDocument(name, found: null));

    /// <summary>A document's row and claims, read now if they were not announced.</summary>
    public OpenDocument Get(DocumentKey name)
    {
        name = Kept(name);
        if (_documents.TryGetValue(name, out var document))
            return document;
        Open(document = read(name, null) ?? new OpenDocument(name, found: null));
        return document;
    }

    public DocumentHead? Find(string tenant, string documentId) => Get(new DocumentKey(tenant, documentId)).Head;

    public (long JobId, long DocumentKey) Append(DocumentHead? head, StoredVersion version, ReadOnlyMemory<byte> content)
    {
        var document = Get(new DocumentKey(version.Tenant, version.DocumentId));
        var deletes = version.Kind == IngestionKind.Delete;
        var (job, key) = (jobs(), document.Head?.Key ?? keys());
        document.Head = new DocumentHead(key, version.Version, deletes, Failed: false, head is null || deletes ? 0 : head.SearchableVersion, version.CreatedAt);
        document.Waiting = new JobTicket(document.Name, job, version.Kind, version.Version, version.Bytes, version.QueuedAt) { TraceParent = version.TraceParent };
        document.Appended = true;
        _byKey[key] = document;
        Versions.Add((key, job, version, content.IsEmpty ? null : Bytes(content)));
        return (job, key);
    }

    public bool RemoveJob(long jobId)
    {
        // A claim may outlive its row in the outbox: a newer version's took its place.
        RemovedJobs.Add(jobId);
        if (OfJob(jobId) is not { } document)
            return false;
        if (document.Held?.JobId == jobId)
            document.Held = null;
        if (document.Waiting?.JobId != jobId)
            return false;
        document.Waiting = null;
        return true;
    }

    public void CountJob(JobTicket next, TimeSpan wait, string? reason)
    {
        var document = OfJob(next.JobId);
        Returned.Add((next, document?.Held?.JobId == next.JobId ? document.Held.Attempts : -1, wait, reason));
        if (document is null)
            return;
        if (document.Held?.JobId == next.JobId)
            document.Held = null;
        if (document.Waiting?.JobId == next.JobId)
            document.Waiting = next;
    }

    public void Settle(DocumentHead head, Settlement settlement)
    {
        Settled.Add((head.Key, settlement));
        var document = _byKey[head.Key]; // heads come from Find
        document.Head = document.Head! with
        {
            SearchableVersion = settlement.State == DocumentState.Searchable ? settlement.Version : head.SearchableVersion,
            Failed = settlement.Version == head.Version ? settlement.State == DocumentState.Failed : head.Failed,
        };
    }

    public void Prune(long documentKey, int contentsBelow, int rowsBelow, int keepVersion) =>
        Pruned.Add((documentKey, contentsBelow, rowsBelow > 1 ? Math.Min(rowsBelow, contentsBelow) : 0, keepVersion));

    /// <summary>A name as it comes back from the database.</summary>
    public static DocumentKey Kept(DocumentKey name) => new(PostgresText.Kept(name.Tenant), PostgresText.Kept(name.DocumentId));

    private OpenDocument? OfJob(long jobId)
    {
        foreach (var document in _documents.Values)
            if (document.Waiting?.JobId == jobId || document.Held?.JobId == jobId)
                return document;
        if (read(null, jobId) is not { } found)
            return null;
        // Known by name already: then what it was found with was removed or replaced here.
        if (_documents.ContainsKey(found.Name))
            return null;
        Open(found);
        return found;
    }

    /// <summary>The array behind the memory where it is all of it, else a copy.</summary>
    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var part) && part.Offset == 0 && part.Count == part.Array!.Length ? part.Array : memory.ToArray();
}
