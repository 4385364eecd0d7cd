using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Rag.Embedding;
using Rag.Errors;
using Rag.Filters;
using Rag.Seams;
using Rag.Vectors;

namespace Rag.Engines.Faiss;

/// <summary>
/// <see cref="IVectors"/> by FAISS in this process. One process at a time.
/// <code>
/// ReplaceAsync: check ─▶ fence, SQLite (one transaction, fsync) ─▶ FAISS ─▶ publish
/// start:        SQLite ─▶ each tenant's index file ─▶ what the file lacks is added from SQLite
/// </code>
/// The index files are written at the end, and when much is new; a kill costs the next start some inserts and nothing else. Writers take turns; searches don't wait
/// for them but for the insertion of a few vectors.
/// </summary>
internal sealed partial class FaissVectors : IVectors, IDisposable
{
    private const int SaveAfter = 20_000;
    private const int ReadAtOnce = 1_000;
    private static readonly Dictionary<string, MetadataValue> NoMetadata = [];

    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<string, FaissTenant> _tenants = new(StringComparer.Ordinal);
    private readonly FaissOptions _options;
    private readonly FaissLibrary _library;
    private readonly FaissFiles _files;
    private readonly FileStream _lockFile;
    private readonly FaissStore _store;
    private readonly ILogger _logger;
    private EmbeddingModel? _model;
    private bool _disposed;

    /// <param name="folder">Its files; made when absent.</param>
    /// <param name="options">Which library, and how it searches.</param>
    /// <param name="logger">Tells of files that had to be made anew.</param>
    /// <exception cref="IOException">The library can't be loaded, or another process uses the folder.</exception>
    public FaissVectors(string folder, FaissOptions options, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        _library = FaissLibrary.Load(options.Library);
        Directory.CreateDirectory(folder);
        _files = new FaissFiles(folder);
        _lockFile = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            _store = new FaissStore(Path.Combine(folder, "vectors.db"));
            _model = _store.ReadModel();
            foreach (var (tenant, document) in _store.ReadDocuments())
                TenantOf(tenant).Publish(document);
            foreach (var (name, tenant) in _tenants)
                Load(name, tenant);
        }
        catch
        {
            _store?.Dispose();
            _lockFile.Dispose();
            throw;
        }
    }

    public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var changes = new List<Change>(documents.Count);
        foreach (var document in documents)
        {
            VectorRules.CheckDocument(document.Tenant, document.DocumentId, document.Version);
            changes.Add(new Change(document.Tenant, document.DocumentId, DocumentRank.OfContent(document.Version), document.Metadata,
                [.. document.Chunks.Select((chunk, i) => VectorRules.Normalise(chunk, document.Model, $"document '{document.DocumentId}' chunk {i}"))], document.Model));
        }

        await ApplyAsync(changes, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VectorRules.CheckDocument(tenant, documentId, version);
        await ApplyAsync([new Change(tenant, documentId, DocumentRank.OfDeletion(version), NoMetadata, [], null)], cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed, this);
        VectorRules.CheckTopK(request.TopK);
        if (Volatile.Read(ref _model) is { } model)
            VectorRules.CheckModel(model, request.Model);
        var query = VectorRules.Normalise(request.Vector, request.Model, "search");
        if (query is null || !_tenants.TryGetValue(request.Tenant, out var tenant))
            return new([]);
        try
        {
            return new(tenant.Search(query, request.TopK, request.Filter));
        }
        catch (FaissException error)
        {
            throw new RagException(RagError.Unavailable, $"vectors: {error.Message}", null, error);
        }
    }

    /// <summary>What is published of every document, deletions included.</summary>
    public IEnumerable<(string Tenant, FaissDocument Document)> Held() => _tenants.SelectMany(tenant => tenant.Value.Held().Select(document => (tenant.Key, document)));

    /// <summary>The rank that is published of a document; 0 when it is unknown.</summary>
    public long RankOf(string tenant, string document) => _tenants.TryGetValue(tenant, out var known) ? known.RankOf(document) : 0;

    public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken)
    {
        var (live, dead) = (_tenants.Values.Sum(tenant => (long)tenant.Live), _tenants.Values.Sum(tenant => tenant.Dead));
        var model = Volatile.Read(ref _model);
        return new(new VectorsState(model, live, dead, (live + dead) * (((model?.Dimensions ?? 0) * sizeof(float)) + (2 * _options.Links * sizeof(int)))));
    }

    public void Dispose()
    {
        _turn.Wait();
        if (!_disposed)
        {
            _disposed = true;
            foreach (var (name, tenant) in _tenants)
            {
                if (tenant.Unsaved > 0)
                    Save(name, tenant);
                tenant.Dispose();
            }

            _store.Dispose();
            _lockFile.Dispose();
        }

        _turn.Release();
    }

    private sealed record Change(string Tenant, string Document, long Rank, IReadOnlyDictionary<string, MetadataValue> Metadata, float[]?[] Units, EmbeddingModel? Model);

    private FaissTenant TenantOf(string name) => _tenants.GetOrAdd(name, _ => new FaissTenant(_library, _options));

    private async ValueTask ApplyAsync(List<Change> changes, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Apply(changes);
        }
        catch (SqliteException error)
        {
            throw new RagException(RagError.Unavailable, $"vectors: SQLite can't write (error {error.SqliteErrorCode}); repair the disk", TimeSpan.FromSeconds(5), error);
        }
        catch (FaissException error)
        {
            throw new RagException(RagError.Unavailable, $"vectors: {error.Message}; what was written is found after a restart", null, error);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Apply(List<Change> changes)
    {
        var first = changes.FirstOrDefault(change => change.Model is not null)?.Model;
        var model = _model ?? first;
        foreach (var change in changes)
            if (change.Model is { } given)
                VectorRules.CheckModel(model!, given);
        var news = changes.GroupBy(change => (change.Tenant, change.Document)).Select(versions => versions.MaxBy(change => change.Rank)!)
            .Where(change => change.Rank > TenantOf(change.Tenant).RankOf(change.Document)).ToList();
        if (news.Count == 0)
            return;
        var written = _store.Write(_model is null ? first : null, news.Select(change => (change.Tenant, change.Document, change.Rank, change.Metadata, change.Units)));
        Volatile.Write(ref _model, model);
        foreach (var (change, document) in news.Zip(written))
        {
            var tenant = TenantOf(change.Tenant);
            tenant.Add(document.Chunks.Select(chunk => (chunk.Id, change.Units[chunk.Ordinal]!)));
            tenant.Publish(document);
        }

        foreach (var name in news.Select(change => change.Tenant).Distinct())
            Maintain(name, _tenants[name]);
    }

    private void Maintain(string name, FaissTenant tenant)
    {
        if (tenant.IsStale)
            Rebuild(tenant);
        if (tenant.Unsaved >= SaveAfter)
            Save(name, tenant);
    }

    /// <summary>Makes a tenant's index anew from what counts. Searches go on in the old one meanwhile; writers wait.</summary>
    private void Rebuild(FaissTenant tenant)
    {
        var ids = tenant.LiveIds();
        var index = FaissIndex.Create(_library, _model!.Dimensions, _options);
        foreach (var some in ids.Chunk(ReadAtOnce))
        {
            var vectors = _store.ReadVectors(some);
            index.Add([.. vectors.SelectMany(chunk => chunk.Vector)], [.. vectors.Select(chunk => chunk.Id)]);
        }

        tenant.Adopt(index, unsaved: ids.Length);
    }

    private void Load(string name, FaissTenant tenant)
    {
        try
        {
            if (_files.Exists(name))
            {
                var index = FaissIndex.Read(_library, _files.PathOf(name));
                if (index.Dimensions == _model?.Dimensions)
                    tenant.Adopt(index, unsaved: 0);
                else
                    index.Dispose();
            }
        }
        catch (FaissException error)
        {
            LogMadeAnew(error.Message);
        }

        foreach (var some in tenant.MissingIds().Chunk(ReadAtOnce))
            tenant.Add(_store.ReadVectors(some));
    }

    // A file that can't be written costs the next start time, and nobody anything now.
    private void Save(string name, FaissTenant tenant)
    {
        try
        {
            _files.Replace(name, tenant.Save);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNotSaved(error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "vectors: an index file is not used and made anew from SQLite: {Reason}")]
    private partial void LogMadeAnew(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "vectors: an index file could not be written; the next start will take longer")]
    private partial void LogNotSaved(Exception error);
}
