using System.Numerics.Tensors;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.VectorData;
using Rag.Embedding;
using Rag.Errors;
using Rag.Seams;
using Rag.Vectors;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>
/// <see cref="IVectors"/> by any provider of Microsoft.Extensions.VectorData. That abstraction has no condition on a write, no transaction and no common way to filter by fields that are not
/// declared before; so what is true lies in SQLite here, one process at a time, and the provider does what it is for: it finds the nearest.
/// <code>
/// ReplaceAsync: check ─▶ note the vectors, SQLite ─▶ give them to the provider, under keys never used ─▶ publish the rank, SQLite ─▶ remove what no search sees
/// SearchAsync:  nearest, at the provider ─▶ keep what counted when the search began, and meets the filter ─▶ ask for more, or compare here, when that is too little
/// </code>
/// A kill at any arrow leaves records that don't count, which the next start removes. A provider that is down costs writes and searches; deletions go on.
/// </summary>
internal sealed partial class ProviderVectors : IVectors, IAsyncDisposable
{
    private const int CompareBelow = 1_000;
    private const int CompareMost = 200_000;
    private const int Spare = 16;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly SemaphoreSlim _sweep = new(1);
    private readonly FileStream _lockFile;
    private readonly ProviderStore _store;
    private readonly HeldVersions _held = new();
    private readonly ProviderCollections _collections;
    private readonly VectorDataOptions _options;
    private readonly ILogger _logger;
    private EmbeddingModel? _model;
    private Task _sweeping = Task.CompletedTask;
    private bool _disposed;

    /// <param name="folder">Its files; made when absent.</param>
    /// <param name="number">The index's number; a part of collections' names.</param>
    /// <param name="provider">Where the vectors go; not disposed of.</param>
    /// <param name="options">How it is used.</param>
    /// <param name="time">For time-outs.</param>
    /// <param name="logger">Tells of what the provider lost.</param>
    /// <exception cref="IOException">Another process uses the folder.</exception>
    public ProviderVectors(string folder, int number, VectorStore provider, VectorDataOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        Directory.CreateDirectory(folder);
        _lockFile = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            _store = new ProviderStore(StorePath(folder));
            _model = _store.ReadModel();
            var all = _store.ReadAll();
            _held.Publish(all.Where(version => version.Rank > 0));
            _held.Discard(all.Where(version => version.Rank == 0));
            _collections = new ProviderCollections(provider, options, _store, _held, number, time, logger);
        }
        catch
        {
            _store?.Dispose();
            _lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Where an index's truth lies in its folder.</summary>
    public static string StorePath(string folder) => Path.Combine(folder, "vectors.db");

    /// <summary>Drops an index's collections at the provider and then its folder.</summary>
    public static async ValueTask DropAsync(string folder, int number, VectorStore provider, VectorDataOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (File.Exists(StorePath(folder)))
            using (var store = new ProviderStore(StorePath(folder)))
            {
                var collections = new ProviderCollections(provider, options, store, new HeldVersions(), number, time, logger);
                foreach (var tenant in store.ReadTenants())
                    await collections.DropAsync(tenant, cancellationToken).ConfigureAwait(false);
            }

        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var changes = documents.Select(document =>
        {
            VectorRules.CheckDocument(document.Tenant, document.DocumentId, document.Version);
            return (Document: document, Units: document.Chunks.Select((chunk, i) => VectorRules.Normalise(chunk, document.Model, $"document '{document.DocumentId}' chunk {i}")).ToArray());
        }).ToList();
        if (changes.Count == 0)
            return;
        var model = Volatile.Read(ref _model) ?? changes[0].Document.Model;
        foreach (var (document, _) in changes)
            VectorRules.CheckModel(model, document.Model);
        var news = changes.GroupBy(change => (change.Document.Tenant, change.Document.DocumentId)).Select(versions => versions.MaxBy(change => change.Document.Version))
            .Where(change => DocumentRank.OfContent(change.Document.Version) > _held.RankOf(change.Document.Tenant, change.Document.DocumentId)).ToList();
        if (news.Count == 0)
            return;

        var attempts = await InTurnAsync(() => _store.Begin([.. news.Select(change => (change.Document.Tenant, change.Document.DocumentId, change.Units))]), cancellationToken).ConfigureAwait(false);
        var versions = news.Zip(attempts, (change, attempt) => new HeldVersion(
            change.Document.Tenant, change.Document.DocumentId, DocumentRank.OfContent(change.Document.Version), change.Document.Metadata, attempt,
            [.. change.Units.Index().Where(unit => unit.Item is not null).Select(unit => unit.Index)])).ToList();
        try
        {
            foreach (var tenant in versions.Zip(news).GroupBy(pair => pair.First.Tenant, StringComparer.Ordinal))
                await _collections.AddAsync(
                    tenant.Key, model.Dimensions,
                    [.. tenant.SelectMany(pair => pair.First.Ordinals.Select(ordinal => (new RecordKey(pair.First.Attempt, ordinal), pair.First.Document, pair.Second.Units[ordinal]!)))],
                    cancellationToken).ConfigureAwait(false);
            await InTurnAsync(() => Publish(model, versions), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Whatever of it arrived is removed later; nothing of it counts, unless it was published before this failed.
            _held.Discard(versions.Where(version => version.From == 0));
            throw;
        }

        await SweepAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VectorRules.CheckDocument(tenant, documentId, version);
        await InTurnAsync(() => Publish(null, [new HeldVersion(tenant, documentId, DocumentRank.OfDeletion(version), HeldVersion.NoMetadata, 0, [])]), cancellationToken).ConfigureAwait(false);
        await SweepAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed, this);
        VectorRules.CheckTopK(request.TopK);
        var model = Volatile.Read(ref _model);
        if (model is not null)
            VectorRules.CheckModel(model, request.Model);
        if (VectorRules.Normalise(request.Vector, request.Model, "search") is not { } query || model is null)
            return [];
        List<VectorHit> hits;
        using (var view = _held.Open(request.Tenant))
        {
            if (view.Live == 0)
                return [];
            var matching = request.Filter is null ? null : view.Matching(request.Filter);
            var chunks = matching?.Sum(version => version.Ordinals.Length) ?? view.Live;
            if (chunks == 0)
                return [];
            var wanted = Math.Min(request.TopK, chunks);
            var found = matching is not null && chunks <= CompareBelow ? null : await AskAsync(view, request, query, wanted, cancellationToken).ConfigureAwait(false);
            if (found is null || (found.Count < wanted && chunks <= CompareMost))
                found = Compare(matching ?? view.Matching(null), query, cancellationToken);
            hits = found;
        }

        if (_held.HasRemovable())
            SweepLater();
        hits.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score)
            : string.CompareOrdinal(a.DocumentId, b.DocumentId) is var order && order != 0 ? order : a.Ordinal.CompareTo(b.Ordinal));
        return hits.Count > request.TopK ? hits[..request.TopK] : hits;
    }

    public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken)
    {
        var (live, dead) = _held.Count();
        var model = Volatile.Read(ref _model);
        return new(new VectorsState(model, live, dead, (live + dead) * (model?.Dimensions ?? 0) * sizeof(float)));
    }

    /// <summary>What counts of every document, deletions included.</summary>
    public List<HeldVersion> Held() => _held.All();

    /// <summary>A document's fence; 0 when it is unknown.</summary>
    public long RankOf(string tenant, string document) => _held.RankOf(tenant, document);

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        var before = _disposed;
        _disposed = true;
        _turn.Release();
        if (before)
            return;
        await _sweeping.ConfigureAwait(false);
        await _sweep.WaitAsync().ConfigureAwait(false);
        _store.Dispose();
        await _lockFile.DisposeAsync().ConfigureAwait(false);
    }

    // Ever more, until enough of what is found counts.
    private async ValueTask<List<VectorHit>> AskAsync(HeldVersions.View view, VectorSearch request, float[] query, int wanted, CancellationToken cancellationToken)
    {
        for (var asked = Math.Min(wanted + Spare, _options.MostAsked); ; asked = Math.Min(asked * 4, _options.MostAsked))
        {
            var (found, given) = await _collections.SearchAsync(request.Tenant, query, asked, cancellationToken).ConfigureAwait(false);
            var hits = new List<VectorHit>(wanted);
            foreach (var (key, cosine) in found)
                if (view.Find(key) is { } version && request.Filter?.Matches(version.Metadata) != false)
                    hits.Add(Hit(version, key.Ordinal, cosine));
            if (hits.Count >= wanted || given < asked || asked == _options.MostAsked)
                return hits;
        }
    }

    private List<VectorHit> Compare(List<HeldVersion> versions, float[] query, CancellationToken cancellationToken)
    {
        var byAttempt = versions.ToDictionary(version => version.Attempt);
        var hits = new List<VectorHit>();
        try
        {
            foreach (var (key, vector) in _store.ReadVectors(byAttempt.Keys))
            {
                cancellationToken.ThrowIfCancellationRequested();
                hits.Add(Hit(byAttempt[key.Attempt], key.Ordinal, Math.Clamp(TensorPrimitives.Dot<float>(query, vector), -1, 1)));
            }
        }
        catch (SqliteException error)
        {
            throw new RagException(RagError.Unavailable, $"vectors: SQLite can't read (error {error.SqliteErrorCode}); repair the disk", TimeSpan.FromSeconds(5), error);
        }

        return hits;
    }

    private static VectorHit Hit(HeldVersion version, int ordinal, float score) => new(version.Document, DocumentRank.VersionOf(version.Rank), ordinal, score);

    // In turn: what was overtaken meanwhile is discarded.
    private bool Publish(EmbeddingModel? model, List<HeldVersion> versions)
    {
        if (model is not null && _model is not null)
            VectorRules.CheckModel(_model, model); // another first call was faster, with another model
        var won = versions.FindAll(version => version.Rank > _held.RankOf(version.Tenant, version.Document));
        if (won.Count > 0)
        {
            _store.Publish(_model is null ? model : null, won);
            Volatile.Write(ref _model, _model ?? model);
            _held.Publish(won);
        }

        _held.Discard(versions.Except(won).Where(version => version.Attempt != 0));
        return true;
    }

    private async ValueTask<T> InTurnAsync<T>(Func<T> act, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return act();
        }
        catch (SqliteException error)
        {
            throw new RagException(RagError.Unavailable, $"vectors: SQLite can't write (error {error.SqliteErrorCode}); repair the disk", TimeSpan.FromSeconds(5), error);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void SweepLater()
    {
        if (_sweeping.IsCompleted)
            _sweeping = Task.Run(() => SweepAsync(CancellationToken.None).AsTask());
    }

    /// <summary>Removes what no search sees. What fails is tried again after a later call: it counts for nothing meanwhile.</summary>
    private async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _model) is not { } model || !_held.HasRemovable() || !await _sweep.WaitAsync(0, CancellationToken.None).ConfigureAwait(false))
            return;
        var taken = _held.TakeRemovable();
        try
        {
            foreach (var tenant in taken.GroupBy(version => version.Tenant, StringComparer.Ordinal))
                await _collections.RemoveAsync(
                    tenant.Key, model.Dimensions, [.. tenant.SelectMany(version => version.Ordinals.Select(ordinal => new RecordKey(version.Attempt, ordinal)))], cancellationToken).ConfigureAwait(false);
            await InTurnAsync(() =>
            {
                _store.Forget(taken.Select(version => version.Attempt));
                return true;
            }, cancellationToken).ConfigureAwait(false);
            _held.Forget(taken);
        }
        catch (Exception error) when (error is RagException or OperationCanceledException or ObjectDisposedException)
        {
            _held.Return(taken);
            if (error is RagException)
                LogNotSwept(taken.Count, error.Message);
        }
        finally
        {
            _sweep.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "vectors: old records of {Versions} versions could not be removed ({Reason}); they count for nothing, and it is tried again")]
    private partial void LogNotSwept(int versions, string reason);
}
