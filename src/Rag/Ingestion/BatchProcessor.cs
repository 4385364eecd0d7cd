using Rag.Crashes;
using Rag.Errors;
using Rag.Ingestion.Parsing;

namespace Rag.Ingestion;

/// <summary>
/// One batch of jobs from bytes to results. A document that can't be read costs its neighbours nothing; a failure that may be one document's fault is
/// tried with each document alone; an outage defers them all.
/// </summary>
internal sealed class BatchProcessor(IngestionOptions options, DocumentPreparer preparer, DocumentIndexer indexer, TimeProvider time) : IDisposable
{
    /// <summary>Chunks of one call to the indexes: bounds memory when a batch holds books.</summary>
    private const int ChunksPerCall = 1_024;

    // Parsing and embedding are computation: one batch at a time by default, while another waits for disks.
    private readonly SemaphoreSlim _computing = new(options.Parallelism);

    /// <summary>Processes a batch; each job has exactly one result.</summary>
    /// <param name="jobs">The jobs.</param>
    /// <param name="spans">Their spans.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OperationCanceledException">Stopped: the jobs go back when their leases end, or at the next start.</exception>
    public async Task<IReadOnlyList<IngestionResult>> ProcessAsync(IReadOnlyList<IngestionJob> jobs, JobSpans spans, CancellationToken cancellationToken)
    {
        var results = new List<IngestionResult>(jobs.Count);
        var deletions = jobs.Where(j => j.Kind == IngestionKind.Delete).Select(j => DeleteAsync(j, spans, cancellationToken)).ToArray();

        var group = new List<PreparedDocument>();
        var chunks = 0;
        foreach (var job in jobs)
        {
            if (job.Kind != IngestionKind.Index)
                continue;
            if (await PrepareAsync(job, spans, results, cancellationToken).ConfigureAwait(false) is not { } prepared)
                continue;
            if (group.Count > 0 && chunks + prepared.Chunks.Count > ChunksPerCall)
            {
                results.AddRange(await IndexAsync(group, spans, cancellationToken).ConfigureAwait(false));
                group.Clear();
                chunks = 0;
            }

            group.Add(prepared);
            chunks += prepared.Chunks.Count;
        }

        if (group.Count > 0)
            results.AddRange(await IndexAsync(group, spans, cancellationToken).ConfigureAwait(false));
        results.AddRange(await Task.WhenAll(deletions).ConfigureAwait(false));
        return results;
    }

    public void Dispose() => _computing.Dispose();

    private async ValueTask<PreparedDocument?> PrepareAsync(IngestionJob job, JobSpans spans, List<IngestionResult> results, CancellationToken cancellationToken)
    {
        await _computing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var step = spans.Begin("prepare", job);
            return await preparer.PrepareAsync(job, cancellationToken).ConfigureAwait(false);
        }
        catch (UnreadableDocumentException reason)
        {
            results.Add(new IngestionResult(job, IngestionOutcome.Poison, Reason: reason.Message, Touched: false));
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            results.Add(Failure(job, error) with { Touched = false });
        }
        finally
        {
            _computing.Release();
        }

        return null;
    }

    private async Task<IReadOnlyList<IngestionResult>> IndexAsync(IReadOnlyList<PreparedDocument> documents, JobSpans spans, CancellationToken cancellationToken)
    {
        var touched = false;
        try
        {
            await IndexTogetherAsync(documents, spans, () => touched = true, cancellationToken).ConfigureAwait(false);
            return [.. documents.Select(d => new IngestionResult(d.Job, IngestionOutcome.Done, d.Chunks.Count, d.Text, Title: d.FoundTitle))];
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (documents.Count == 1 || IngestionFailures.IsOutage(error))
                return [.. documents.Select(d => Failure(d.Job, error) with { Touched = touched })];
        }

        var results = new List<IngestionResult>(documents.Count);
        foreach (var document in documents)
            results.AddRange(await IndexAsync([document], spans, cancellationToken).ConfigureAwait(false));
        return results;
    }

    private async Task IndexTogetherAsync(IReadOnlyList<PreparedDocument> documents, JobSpans spans, Action touching, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.IndexTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        IReadOnlyList<Vectors.DocumentVectors> embedded;
        await _computing.WaitAsync(limit.Token).ConfigureAwait(false);
        try
        {
            using var step = spans.Begin("embed", documents.Select(document => document.Job));
            embedded = await indexer.EmbedAsync(documents, limit.Token).ConfigureAwait(false);
        }
        finally
        {
            _computing.Release();
        }

        await Failpoints.ReachAsync(Failpoint.IngestionEmbedded, limit.Token).ConfigureAwait(false);
        touching();
        using var indexing = spans.Begin("index", documents.Select(document => document.Job));
        await indexer.IndexAsync(documents, embedded, limit.Token).ConfigureAwait(false);
    }

    private async Task<IngestionResult> DeleteAsync(IngestionJob job, JobSpans spans, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.IndexTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var step = spans.Begin("index", job);
            await indexer.DeleteAsync(job, limit.Token).ConfigureAwait(false);
            return new IngestionResult(job, IngestionOutcome.Done);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return Failure(job, error);
        }
    }

    private static IngestionResult Failure(IngestionJob job, Exception error) => IngestionFailures.IsOutage(error)
        ? new IngestionResult(job, IngestionOutcome.Deferred, Reason: error is RagException ? error.Message : "a dependency did not answer in time")
        : new IngestionResult(job, IngestionOutcome.Retry, Reason: error is RagException ? error.Message : $"{error.GetType().Name} while it was indexed");
}
