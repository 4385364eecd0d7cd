using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rag.Filters;
using Rag.Journals;
using Rag.Vectors.Graphs;

namespace Rag.Vectors;

/// <summary>
/// The vector service: our own HNSW graphs in memory, a log and snapshots on disk.
/// <code>
/// ReplaceAsync: check ─▶ fence, log (gate) ─▶ insert into the graph │ fsync ─▶ publish (gate): old chunks end, new ones begin at one commit number
/// SearchAsync:  enter, read the commit number ─▶ walk ─▶ compare exactly
/// maintenance:  repair tenants with many deleted chunks; write snapshots
/// </code>
/// The gate orders the log and the fences; it is never held during inserts, searches or disk writes.
/// </summary>
internal sealed partial class VectorIndex : IVectors, IDisposable, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Tenant> _tenants = new(StringComparer.Ordinal);
    private readonly InFlight _inFlight = new();
    private readonly VectorsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly VectorsMetrics _metrics;
    private readonly Journal _journal;
    private readonly Maintenance _maintenance;
    private VectorSpace? _space;
    private long _commit, _taken;
    private bool _disposed;

    private VectorIndex(string folder, VectorsOptions options, TimeProvider time, ILogger logger, int number)
    {
        options.Validate();
        (_options, _time, _logger) = (options, time, logger);
        var started = time.GetTimestamp();
        var replay = new Replay(this);
        _journal = Journal.Open(folder, replay, options.Journal, logger);
        try
        {
            replay.Finish();
        }
        catch
        {
            _journal.Dispose();
            throw;
        }

        var state = Describe();
        LogOpened(folder, state.Chunks, replay.Records, time.GetElapsedTime(started).TotalMilliseconds);
        _metrics = new VectorsMetrics(Describe, number);
        _maintenance = new Maintenance("vectors maintenance", Maintain);
        _ = _maintenance.Signal();
    }

    /// <summary>Opens the index of a folder, made when absent.</summary>
    /// <param name="folder">Its files.</param>
    /// <param name="options">How it is built and searched.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it tells what it does.</param>
    /// <param name="number">Which of several indexes it is, for its metrics.</param>
    /// <exception cref="JournalException">The folder is in use or damaged.</exception>
    public static VectorIndex Open(string folder, VectorsOptions options, TimeProvider time, ILogger logger, int number = 1) => new(folder, options, time, logger, number);

    /// <summary>What is published of every document, deletions included; while others write, each document as it was at some moment of the listing.</summary>
    public IEnumerable<(string Tenant, string Document, Published Published)> Held()
    {
        foreach (var (tenant, of) in _tenants)
            foreach (var (id, document) in of.Documents)
                if (document.Published is { Version: > 0 } published)
                    yield return (tenant, id, published);
    }

    /// <summary>The rank that is published of a document; 0 when it is unknown.</summary>
    public long RankOf(string tenant, string document) =>
        _tenants.TryGetValue(tenant, out var of) && of.Documents.TryGetValue(document, out var known) && known.Published is { Version: > 0 } published ? published.Rank : 0;

    /// <summary>Ends when a pass of maintenance that begins after this call has ended.</summary>
    internal Task MaintainAsync() => _maintenance.Signal();

    public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = _time.GetTimestamp();
        var changes = new List<Change>(documents.Count);
        foreach (var document in documents)
            changes.Add(Change.Replacement(document));
        foreach (var tenant in changes.Select(change => change.Record.Tenant).Distinct())
            if (_tenants.TryGetValue(tenant, out var known) && known.IsOverdue)
                await _maintenance.Signal().WaitAsync(cancellationToken).ConfigureAwait(false);
        await ApplyAsync(changes).ConfigureAwait(false);
        _metrics.Replaced(_time.GetElapsedTime(started));
    }

    public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = _time.GetTimestamp();
        await ApplyAsync([Change.Deletion(tenant, documentId, version)]).ConfigureAwait(false);
        _metrics.Replaced(_time.GetElapsedTime(started));
    }

    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VectorRules.CheckTopK(request.TopK);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var started = _time.GetTimestamp();
        var space = Volatile.Read(ref _space);
        if (space is not null)
            VectorRules.CheckModel(space.Model, request.Model);
        var query = VectorRules.Normalise(request.Vector, request.Model, "search");
        var hits = query is null || space is null || !_tenants.TryGetValue(request.Tenant, out var tenant) || tenant.Graph is null
            ? []
            : Search(space, tenant, query, request.TopK, request.Filter);
        _metrics.Searched(_time.GetElapsedTime(started));
        return new(hits);
    }

    public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken) => new(Describe());

    public void Dispose()
    {
        Task drained;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            drained = _inFlight.Turn();
        }

        drained.GetAwaiter().GetResult();
        _maintenance.Dispose();
        if (_journal.LogBytes > _options.SnapshotAfterLogBytes / 4)
            TrySnapshot(); // the next start then has little to replay
        _journal.Dispose();
        _metrics.Dispose();
        _space?.Epochs.Wait();
        _space?.Dispose();
    }

    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    private VectorHit[] Search(VectorSpace space, Tenant tenant, float[] query, int topK, MetadataFilter? filter)
    {
        var walk = space.Epochs.Enter();
        try
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this); // after entering: disposal waits for walks that saw it open
            new TenantSearch(space.Store, tenant, walk, query, _options).Run(topK, filter, Volatile.Read(ref _commit));
            var found = walk.Found.Keys;
            var hits = new VectorHit[found.Length];
            for (var i = 0; i < hits.Length; i++)
            {
                var slot = Near.Slot(found[i]);
                var set = (ChunkSet)space.Store.Owner(slot)!;
                hits[i] = new VectorHit(set.Document.Id, set.Version, space.Store.Head(slot).Ordinal, Math.Clamp(Near.Similarity(found[i]), -1, 1));
            }

            // Slots depend on history; equal scores come in an order that doesn't.
            Array.Sort(hits, static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score)
                : string.CompareOrdinal(a.DocumentId, b.DocumentId) is var order && order != 0 ? order : a.Ordinal.CompareTo(b.Ordinal));
            return hits;
        }
        finally
        {
            space.Epochs.Leave(walk);
        }
    }

    private VectorsState Describe()
    {
        long live = 0, dead = 0;
        foreach (var (_, tenant) in _tenants)
            (live, dead) = (live + tenant.Live, dead + tenant.Dead);
        var space = Volatile.Read(ref _space);
        return new VectorsState(space?.Model, live, dead, space?.Store.Bytes ?? 0);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Folder}: {Chunks} chunks, {Records} log records replayed, in {Milliseconds:F0} ms")]
    private partial void LogOpened(string folder, long chunks, int records, double milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "vectors: a snapshot failed; the log stays and grows until one succeeds")]
    private partial void LogSnapshotFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "vectors: repairing the graph of tenant '{Tenant}' failed")]
    private partial void LogRepairFailed(string tenant, Exception error);
}
