using Rag.Crashes;
using Rag.Errors;
using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>The outbox as ingestion's queue: nothing is copied to a second system, so nothing can be lost between the two.</summary>
internal sealed class OutboxQueue(DocumentService documents, IDocumentStore store, CacheInvalidation cached, TimeProvider time, DeadLetterRelay? dead = null)
    : IIngestionQueue
{
    /// <summary>Uploaded bytes that one claim may bring; a single larger document comes alone.</summary>
    private const long MaxClaimBytes = 16 * 1024 * 1024;

    private readonly DocumentMemory _memory = documents.Memory;

    public async ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(claim.Max, 1);
        var holder = new JobHolder(claim.Worker, claim.Incarnation);
        var started = time.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tickets = await TakeAsync(claim, holder, cancellationToken).ConfigureAwait(false);
            if (tickets.Count == 0)
            {
                if (claim.Only is not null)
                    return [];
                var left = claim.Wait - time.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                    return [];
                try
                {
                    await _memory.Board.WaitAsync(cancellationToken).WaitAsync(left, time, cancellationToken).ConfigureAwait(false);
                }
                catch (TimeoutException)
                {
                    return [];
                }

                continue;
            }

            try
            {
                var jobs = await ReadJobsAsync(tickets).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested(); // who asked has gone: nobody would have them until their leases end
                if (jobs.Count > 0)
                {
                    Failpoints.Reach(Failpoint.QueueClaimed);
                    return jobs;
                }
            }
            catch
            {
                foreach (var ticket in tickets)
                    await GiveBackAsync(ticket.Key, ticket.JobId, ticket.Attempts).ConfigureAwait(false);
                throw;
            }
        }
    }

    public async ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken)
    {
        if (results.Count == 0)
            return;
        Failpoints.Reach(Failpoint.QueueBeforeComplete);
        // Before anyone can read that it is done.
        await cached.ChangedAsync(TenantsOf(results), cancellationToken).ConfigureAwait(false);
        var kept = KeepAsync(results);
        try
        {
            await kept.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!kept.IsCompleted)
        {
            _ = kept.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default); // nobody waits for it any more
            throw;
        }
    }

    /// <summary>Keeps results, and follows them to their end also when the worker has given up waiting: what the database was too slow for is done again as well.</summary>
    private async Task KeepAsync(IReadOnlyList<IngestionResult> results)
    {
        var operation = new CompleteOperation(_memory, store, results);
        try
        {
            documents.Writer.SubmitInternal(operation);
            await operation.Task.ConfigureAwait(false);
        }
        catch (RagException)
        {
            // Nothing was kept: the jobs are done again soon rather than when their leases end.
            foreach (var (job, _, _, _, _, _, _) in results)
                await GiveBackAsync(new DocumentKey(job.Tenant, job.DocumentId), job.JobId, job.Attempt).ConfigureAwait(false);
            throw;
        }

        Failpoints.Reach(Failpoint.QueueCompleted);
        dead?.Post(operation.GivenUp);
    }

    private ValueTask<List<JobTicket>> TakeAsync(IngestionClaim claim, JobHolder holder, CancellationToken cancellationToken) => claim.Only is not { } names
        ? _memory.Board.TakeAsync(claim.Max, MaxClaimBytes, holder, cancellationToken)
        : _memory.Board is IAnnouncingBoard board
            ? board.TakeAsync([.. names.Select(name => new DocumentKey(name.Tenant, name.DocumentId))], MaxClaimBytes, holder, cancellationToken)
            : throw new RagException(RagError.InvalidArgument, "documents: this store hands out no work by name; use queue:engine: outbox");

    private static HashSet<string> TenantsOf(IReadOnlyList<IngestionResult> results)
    {
        var tenants = new HashSet<string>(StringComparer.Ordinal);
        foreach (var result in results)
            if (result.Touched && result.Outcome != IngestionOutcome.Superseded)
                tenants.Add(result.Job.Tenant);
        return tenants;
    }

    private ValueTask GiveBackAsync(DocumentKey key, long jobId, int attempt)
    {
        store.NoteInHand(jobId, inHand: false);
        return _memory.Board.GiveBackAsync(key, jobId, attempt, _memory.Now() + _memory.Options.RetryDelay);
    }

    private async ValueTask<List<IngestionJob>> ReadJobsAsync(List<JobTicket> tickets)
    {
        var jobs = new List<IngestionJob>(tickets.Count);
        var ended = new List<IngestionResult>();
        var contents = store is ISharedDocumentStore shared
            ? await shared.ReadContentsAsync([.. tickets.Where(ticket => ticket.Kind == IngestionKind.Index).Select(ticket => ticket.JobId)], CancellationToken.None).ConfigureAwait(false)
            : null;
        foreach (var ticket in tickets)
        {
            var job = new IngestionJob
            {
                JobId = ticket.JobId,
                Kind = ticket.Kind,
                Tenant = ticket.Key.Tenant,
                DocumentId = ticket.Key.DocumentId,
                Version = ticket.Version,
                Attempt = ticket.Attempts,
                TraceParent = ticket.TraceParent,
            };
            if (ticket.Kind == IngestionKind.Delete)
            {
                store.NoteInHand(ticket.JobId, inHand: true);
                jobs.Add(job);
                continue;
            }

            if (ticket.Interruptions >= _memory.Options.MaxInterruptions)
                ended.Add(new IngestionResult(job, IngestionOutcome.Poison, Reason: $"the service stopped {ticket.Interruptions} times while it processed this document"));
            else if (ticket.Attempts >= _memory.Options.MaxAttempts)
                ended.Add(new IngestionResult(job, IngestionOutcome.Poison, Reason: $"given up after {ticket.Attempts} tries, none of which ended within {_memory.Options.Lease}"));
            // Superseded since it was taken: a newer version or the deletion has its own job.
            else if ((contents is null ? await store.ReadContentAsync(ticket.JobId, CancellationToken.None).ConfigureAwait(false) : contents.GetValueOrDefault(ticket.JobId))
                is not { Content.IsEmpty: false } stored)
                ended.Add(new IngestionResult(job, IngestionOutcome.Superseded));
            else
            {
                store.NoteInHand(ticket.JobId, inHand: true);
                jobs.Add(job with
                {
                    Title = stored.Version.Title,
                    ContentType = stored.Version.ContentType,
                    Content = stored.Content,
                    Metadata = MetadataJson.Read(stored.Version.Metadata),
                });
                _memory.Statuses?.Advance(ticket.Key, ticket.Version, s => s with
                {
                    Status = DocumentState.Processing,
                    Attempts = ticket.Attempts + 1,
                    StartedAt = ticket.StartedAt,
                });
            }
        }

        if (ended.Count > 0)
            await CompleteAsync(ended, CancellationToken.None).ConfigureAwait(false);
        return jobs;
    }
}
