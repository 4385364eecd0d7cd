using System.Text;
using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>Results of jobs, all in one transaction. A job that is not in the outbox any more was superseded, or settled before.</summary>
internal sealed class CompleteOperation(DocumentMemory memory, IDocumentStore store, IReadOnlyList<IngestionResult> results) : ClientOperation<bool>
{
    private readonly List<Action> _afterwards = new(results.Count);

    public override IEnumerable<DocumentKey> About => results.Select(result => new DocumentKey(result.Job.Tenant, result.Job.DocumentId));

    public override void Apply(IDocumentTransaction transaction)
    {
        foreach (var result in results)
            Apply(transaction, result);
    }

    public override void Committed()
    {
        foreach (var follow in _afterwards)
            follow();
        Acknowledge(true);
    }

    private void Apply(IDocumentTransaction transaction, IngestionResult result)
    {
        var job = result.Job;
        var key = new DocumentKey(job.Tenant, job.DocumentId);
        switch (result.Outcome)
        {
            case IngestionOutcome.Done:
                Done(transaction, result, key);
                break;
            case IngestionOutcome.Superseded:
                transaction.RemoveJob(job.JobId);
                _afterwards.Add(() => End(key, job, "superseded"));
                break;
            // A deletion is never given up: what was deleted must not stay in an index.
            case IngestionOutcome.Poison when job.Kind == IngestionKind.Index:
                GiveUp(transaction, key, job, result.Reason ?? "it can't be processed");
                break;
            case IngestionOutcome.Retry when job.Kind == IngestionKind.Index && job.Attempt + 1 >= memory.Options.MaxAttempts:
                GiveUp(transaction, key, job, $"given up after {job.Attempt + 1} tries; the last one: {result.Reason ?? "no reason was given"}");
                break;
            default:
                TryAgain(transaction, key, job, result);
                break;
        }
    }

    private void Done(IDocumentTransaction transaction, IngestionResult result, DocumentKey key)
    {
        var job = result.Job;
        var head = transaction.Find(job.Tenant, job.DocumentId);
        var now = memory.Now();
        var ticket = memory.Board.Find(transaction, key, job.JobId);
        transaction.RemoveJob(job.JobId);
        if (head is not null && job.Kind == IngestionKind.Delete && head.Version == job.Version)
            transaction.Prune(head.Key, contentsBelow: job.Version, rowsBelow: job.Version, keepVersion: 0);

        var attempts = job.Attempt + 1;
        if (head is { Deleted: false } && job.Kind == IngestionKind.Index && job.Version > head.SearchableVersion)
        {
            transaction.Settle(head, new Settlement(
                job.Version, DocumentState.Searchable, ticket?.StartedAt, now, attempts, result.Chunks, Reason: null,
                Title: job.Title.Length == 0 ? result.Title : null, Text: IsContent(result.Text, job.Content.Span) ? null : result.Text));
            transaction.Prune(head.Key, contentsBelow: job.Version, rowsBelow: head.Version - memory.Options.KeptVersions + 1, keepVersion: 0);
        }

        _afterwards.Add(() =>
        {
            if (job.Kind == IngestionKind.Index)
            {
                memory.Statuses?.Advance(key, job.Version, s => s with
                {
                    Status = DocumentState.Searchable,
                    Reason = null,
                    Attempts = attempts,
                    Chunks = result.Chunks,
                    StartedAt = ticket?.StartedAt ?? s.StartedAt,
                    SearchableAt = now,
                });
                if (ticket is not null)
                    DocumentsMetrics.Lag.Record((now - ticket.QueuedAt).TotalSeconds);
            }

            End(key, job, job.Kind == IngestionKind.Index ? "searchable" : "deleted");
        });
    }

    private void GiveUp(IDocumentTransaction transaction, DocumentKey key, IngestionJob job, string reason)
    {
        // Of a claim that is over, or a version that is: bad news no longer counts.
        var ticket = memory.Board.Held(transaction, key, job.JobId, job.Attempt);
        if (ticket is null)
            return;
        var head = transaction.Find(job.Tenant, job.DocumentId);
        var counts = transaction.RemoveJob(job.JobId) && head is { Deleted: false } && head.Version == job.Version;
        var now = memory.Now();
        if (counts)
            transaction.Settle(head!, new Settlement(
                job.Version, DocumentState.Failed, ticket.StartedAt, now, job.Attempt + 1, Chunks: 0, reason, Title: null, Text: null));
        _afterwards.Add(() =>
        {
            if (counts)
                memory.GivenUp();
            memory.Statuses?.Advance(key, job.Version, s => s with
            {
                Status = DocumentState.Failed,
                Reason = reason,
                Attempts = job.Attempt + 1,
                StartedAt = ticket.StartedAt,
                FailedAt = now,
            });
            End(key, job, "failed");
        });
    }

    private void TryAgain(IDocumentTransaction transaction, DocumentKey key, IngestionJob job, IngestionResult result)
    {
        var ticket = memory.Board.Held(transaction, key, job.JobId, job.Attempt);
        if (ticket is null)
            return;
        var counts = result.Outcome != IngestionOutcome.Deferred;
        var next = ticket with
        {
            Attempts = ticket.Attempts + (counts ? 1 : 0),
            Deferrals = ticket.Deferrals + (counts ? 0 : 1),
            Interruptions = 0,
        };
        var wait = Backoff(counts ? next.Attempts : next.Deferrals);
        transaction.CountJob(next, wait, result.Reason);
        _afterwards.Add(() =>
        {
            memory.Statuses?.Advance(key, job.Version, s => s with { Status = DocumentState.Queued, Reason = result.Reason, Attempts = next.Attempts });
            store.NoteInHand(job.JobId, inHand: false);
            memory.Board.Return(next, memory.Now() + wait);
            DocumentsMetrics.Ended(counts ? "retried" : "deferred");
        });
    }

    private void End(DocumentKey key, IngestionJob job, string outcome)
    {
        store.NoteInHand(job.JobId, inHand: false);
        memory.Board.Finish(key, job.JobId);
        DocumentsMetrics.Ended(outcome);
    }

    private TimeSpan Backoff(int tries)
    {
        var wait = memory.Options.RetryDelay * Math.Pow(2, Math.Min(tries - 1, 20));
        return wait < memory.Options.MaxRetryDelay ? wait : memory.Options.MaxRetryDelay;
    }

    /// <summary>Whether the text is the upload itself: then it need not be kept twice.</summary>
    private static bool IsContent(string? text, ReadOnlySpan<byte> content)
    {
        if (text is null || content.Length == 0 || content.Length > 3L * text.Length || Encoding.UTF8.GetByteCount(text) != content.Length)
            return false;
        Span<byte> part = stackalloc byte[3 * 1024];
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(1024, text.Length - at);
            if (length > 1 && char.IsHighSurrogate(text[at + length - 1]))
                length--;
            var bytes = Encoding.UTF8.GetBytes(text.AsSpan(at, length), part);
            if (!content.StartsWith(part[..bytes]))
                return false;
            content = content[bytes..];
            at += length;
        }

        return content.IsEmpty;
    }
}
