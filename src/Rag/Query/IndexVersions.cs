using System.Collections.Concurrent;
using Rag.Ingestion;

namespace Rag.Query;

/// <summary>Counters in memory: the cache that they guard does not outlive the process either. One number per tenant that has ever changed.</summary>
internal sealed class IndexVersions : IIndexVersions
{
    private readonly ConcurrentDictionary<string, long> _versions = new();

    public long Of(string tenant) => _versions.GetValueOrDefault(tenant);

    public void Changed(string tenant) => _versions.AddOrUpdate(tenant, 1, static (_, version) => version + 1);
}

/// <summary>
/// The ingestion queue, watched: when jobs are reported done their index changes are in place, so their tenants' versions move on
/// before the queue, and through it the document's status, says so. Whoever has read "searchable" never gets an answer from before.
/// </summary>
internal sealed class VersioningQueue(IIngestionQueue inner, IIndexVersions versions) : IIngestionQueue, IAsyncDisposable
{
    public ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken) => inner.ClaimAsync(claim, cancellationToken);

    public ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken)
    {
        // Every outcome counts: a job that failed half-way may have changed one of the two indexes.
        foreach (var result in results)
            versions.Changed(result.Job.Tenant);
        return inner.CompleteAsync(results, cancellationToken);
    }

    // The container knows this object only: the inner one is this one's to end.
    public async ValueTask DisposeAsync()
    {
        if (inner is IAsyncDisposable later)
            await later.DisposeAsync().ConfigureAwait(false);
        else
            (inner as IDisposable)?.Dispose();
    }
}
