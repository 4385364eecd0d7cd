using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rag.Embedding;
using Rag.Errors;

namespace Rag.Vectors.Moves;

/// <summary>
/// The vectors service over an engine's indexes: one of them, or two while the embedding model changes.
/// <code>
///            plan (durable)          Replace               Delete        Search
/// usual      active                  active                active        active
/// moving     active, next            both, or refused      both          active
/// switched   active, retired         active                active        active
/// </code>
/// A search has one index, and that one holds vectors of one model: of another the search is refused. Tests: <c>VectorMovesConformance</c>, <c>MoveCrashTests</c>.
/// </summary>
internal sealed partial class ModelVectors : IVectors, IVectorMoves, IDisposable, IAsyncDisposable
{
    private readonly IVectorIndexes _indexes;
    private readonly MoveSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly VectorsMetrics? _metrics; // null where the indexes tell of themselves
    private VectorsState? _seen;
    private readonly ConcurrentDictionary<int, EmbeddingModel> _models = []; // of indexes that were never moved to; one that has a model keeps it

    public ModelVectors(IVectorIndexes indexes, MoveSettings settings, TimeProvider time, ILogger<ModelVectors> logger)
    {
        (_indexes, _settings, _time, _logger) = (indexes, settings, time, logger);
        _metrics = indexes.MeasuresItself ? null : new VectorsMetrics(() => Volatile.Read(ref _seen), 1);
        // What lies in this process's own files is opened before it is ready; a server may come later.
        if (!indexes.IsShared)
            RefreshAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Whether somebody must <see cref="SeeSizeAsync"/> now and then.</summary>
    public bool WantsLooks => _metrics is not null;

    /// <summary>Sees how large the index is, for the metrics.</summary>
    public async Task SeeSizeAsync(CancellationToken cancellationToken)
    {
        try
        {
            Volatile.Write(ref _seen, await DescribeAsync(cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            Volatile.Write(ref _seen, null); // no number rather than an old one
            throw;
        }
    }

    public ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken) =>
        WriteAsync(routes => ReplaceAsync(routes, documents, cancellationToken), cancellationToken);

    public ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) =>
        WriteAsync(
            routes => BothAsync(
                routes.Next?.DeleteAsync(tenant, documentId, version, cancellationToken) ?? default,
                routes.Active.DeleteAsync(tenant, documentId, version, cancellationToken)),
            cancellationToken);

    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
    {
        var routes = await EnterAsync(writes: false, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_indexes.IsShared || routes.Plan.ActiveModel is not { } model || model == request.Model)
                return await SearchAsync(routes, request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            routes.Leave();
        }

        // Another process may have switched a moment ago.
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        routes = await EnterAsync(writes: false, cancellationToken).ConfigureAwait(false);
        try
        {
            return await SearchAsync(routes, request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            routes.Leave();
        }
    }

    public async ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken)
    {
        var routes = await EnterAsync(writes: false, cancellationToken).ConfigureAwait(false);
        try
        {
            var state = await routes.Active.DescribeAsync(cancellationToken).ConfigureAwait(false);
            var beside = routes.Next ?? routes.Retired;
            var bytes = beside is null ? 0 : (await beside.DescribeAsync(cancellationToken).ConfigureAwait(false)).Bytes;
            return state with { Model = routes.Plan.ActiveModel ?? state.Model, Bytes = state.Bytes + bytes };
        }
        finally
        {
            routes.Leave();
        }
    }

    private async ValueTask WriteAsync(Func<Routes, ValueTask> write, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var routes = await EnterAsync(writes: true, cancellationToken).ConfigureAwait(false);
        try
        {
            await write(routes).ConfigureAwait(false);
            _metrics?.Replaced(_time.GetElapsedTime(started));
        }
        catch (Exception error) when (IsGivenUp(error))
        {
            _metrics?.Replaced(_time.GetElapsedTime(started));
            throw;
        }
        finally
        {
            routes.Leave();
        }
    }

    private static ValueTask ReplaceAsync(Routes routes, IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
    {
        if (routes.Plan.ActiveModel is null)
            return routes.Active.ReplaceAsync(documents, cancellationToken);
        var (active, next) = Split(routes.Plan, documents);
        var filling = next.Count == 0 ? default : routes.Next!.ReplaceAsync(next, cancellationToken);
        var replacing = active.Count == 0 && documents.Count > 0 ? default : routes.Active.ReplaceAsync(active, cancellationToken);
        return BothAsync(filling, replacing);
    }

    private ValueTask<IReadOnlyList<VectorHit>> SearchAsync(Routes routes, VectorSearch request, CancellationToken cancellationToken)
    {
        if (routes.Plan.ActiveModel is { } model)
            VectorRules.CheckModel(model, request.Model);
        return _metrics is null ? routes.Active.SearchAsync(request, cancellationToken) : MeasuredAsync(_metrics, routes.Active, request, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<VectorHit>> MeasuredAsync(VectorsMetrics metrics, IVectors index, VectorSearch request, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        try
        {
            var hits = await index.SearchAsync(request, cancellationToken).ConfigureAwait(false);
            metrics.Searched(_time.GetElapsedTime(started));
            return hits;
        }
        catch (Exception error) when (IsGivenUp(error))
        {
            metrics.Searched(_time.GetElapsedTime(started));
            throw;
        }
    }

    // They waited, if in vain: searches end at 250 ms by themselves, and behind a lock no other would be left to be measured.
    private static bool IsGivenUp(Exception error) => error is OperationCanceledException or RagException { Error: RagError.DeadlineExceeded };

    /// <summary>Which vectors go where. Nothing may reach the active index alone while another is filled, or the other would never be complete.</summary>
    private static (List<DocumentVectors> Active, List<DocumentVectors> Next) Split(VectorPlan plan, IReadOnlyList<DocumentVectors> documents)
    {
        var (active, next, others) = (new List<DocumentVectors>(documents.Count), new List<DocumentVectors>(), new List<DocumentVectors>());
        foreach (var document in documents)
            (document.Model == plan.ActiveModel ? active : plan.Next is not null && document.Model == plan.NextModel ? next : others).Add(document);

        var inNext = next.Select(Name).ToHashSet();
        if (plan.Next is not null && active.Exists(document => !inNext.Contains(Name(document))))
            throw Moved($"the index moves from {plan.ActiveModel!.Words} to {plan.NextModel!.Words}, and vectors of both are needed");
        var inActive = active.Select(Name).ToHashSet();
        foreach (var other in others)
        {
            var isPart = inActive.Contains(Name(other));
            if (!isPart && other.Model != plan.RetiredModel)
                VectorRules.CheckModel(plan.ActiveModel!, other.Model);
            // Of a model that has had its time only what comes with the active one's is let go.
            if (!isPart || other.Model != plan.RetiredModel)
                throw Moved($"the index holds vectors of {plan.ActiveModel!.Words} and takes no others now");
        }

        return (active, next);

        static (string, string, int) Name(DocumentVectors document) => (document.Tenant, document.DocumentId, document.Version);
        static RagException Moved(string why) => new(RagError.Unavailable, $"vectors: {why}; ask which models are wanted, and embed again", TimeSpan.FromSeconds(1));
    }

    private static async ValueTask BothAsync(ValueTask one, ValueTask other)
    {
        if (one.IsCompletedSuccessfully)
        {
            await other.ConfigureAwait(false);
            return;
        }

        await Task.WhenAll(one.AsTask(), other.AsTask()).ConfigureAwait(false);
    }
}
