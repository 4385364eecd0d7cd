using System.Diagnostics.Metrics;
using Rag.Crashes;
using Rag.Errors;

namespace Rag.Ingestion;

/// <summary>
/// Ingestion's queue when notices come through a broker: what they name is claimed from the outbox, which alone decides who holds a document. So two workers
/// never have one document, whatever the broker repeats, reorders or moves. A notice is acknowledged after its job is completed; one whose job is gone, or in
/// another's hands, at once: the outbox announces again whatever comes back to it.
/// </summary>
internal sealed class ChannelQueue(IIngestionQueue outbox, IJobReceiver receiver, TimeProvider time) : IIngestionQueue
{
    /// <summary>Longer than any batch may take. A notice whose job was never completed (the batch failed as a whole) is let go then, as its lease ends elsewhere.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(5);

    /// <summary>After how long what could not be claimed now is asked for once more, where the outbox does not say.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    private static readonly Meter Meter = new("Rag");

    private static readonly Counter<long> Received = Meter.CreateCounter<long>(
        "rag.queue.received", "{notice}", "Notices received, by what came of them: claimed, idle (nothing to do any more, or another is at it)");

    private readonly Lock _gate = new();
    private readonly Queue<ReceivedNotice> _pending = new(); // received, not yet claimed by name
    private readonly Dictionary<long, (List<ReceivedNotice> Notices, long Since)> _held = [];
    private string? _introduced;

    public async ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(claim.Max, 1);
        var started = time.GetTimestamp();
        if (_introduced != claim.Incarnation)
        {
            // What this worker's last run held comes back now; without a claim nobody would know that it is there again.
            await outbox.ClaimAsync(claim with { Wait = TimeSpan.Zero, Only = [] }, cancellationToken).ConfigureAwait(false);
            _introduced = claim.Incarnation;
        }

        while (true)
        {
            await LetGoAsync(cancellationToken).ConfigureAwait(false);
            var left = claim.Wait - time.GetElapsedTime(started);
            var notices = Pending(claim.Max);
            if (notices.Count == 0)
                notices.AddRange(await receiver.ReceiveAsync(claim.Max, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken).ConfigureAwait(false));
            if (notices.Count == 0 && left <= TimeSpan.Zero)
                return [];
            try
            {
                if (notices.Count > 0 && await ClaimAsync(claim, notices, cancellationToken).ConfigureAwait(false) is { Count: > 0 } jobs)
                    return jobs;
            }
            catch (RagException busy) when (busy.Error == RagError.Overloaded && left > TimeSpan.Zero)
            {
                // Others are at it: the notices were kept, or nobody would ask before they are announced again.
                await Task.Delay(busy.RetryAfter ?? Soon, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken)
    {
        List<ReceivedNotice> notices = [];
        lock (_gate)
            foreach (var result in results)
                if (_held.Remove(result.Job.JobId, out var held))
                    notices.AddRange(held.Notices);
        try
        {
            await outbox.CompleteAsync(results, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Return(notices); // asked for once more: by then the outbox knows whether they are still to be done
            throw;
        }

        try
        {
            Failpoints.Reach(Failpoint.ChannelBeforeAcknowledge);
            await AcknowledgeAsync(notices, cancellationToken).ConfigureAwait(false);
            Failpoints.Reach(Failpoint.ChannelAcknowledged);
        }
        catch (RagException)
        {
            // What is done is done: the notices are asked about once more when the broker is back, and let go then.
        }
    }

    private async ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, List<ReceivedNotice> notices, CancellationToken cancellationToken)
    {
        IReadOnlyList<IngestionJob> jobs;
        try
        {
            Failpoints.Reach(Failpoint.ChannelReceived);
            var only = notices.Select(notice => notice.Notice.Document).Distinct().ToList();
            jobs = await outbox.ClaimAsync(claim with { Wait = TimeSpan.Zero, Only = only }, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Return(notices);
            throw;
        }

        if (jobs.Count == 0)
        {
            Received.Add(notices.Count, new KeyValuePair<string, object?>("result", "idle"));
            await AcknowledgeAsync(notices, cancellationToken).ConfigureAwait(false);
            return jobs;
        }

        Hold(jobs, notices);
        Failpoints.Reach(Failpoint.ChannelClaimed);
        return jobs;
    }

    private void Hold(IReadOnlyList<IngestionJob> jobs, List<ReceivedNotice> notices)
    {
        var byDocument = jobs.ToDictionary(job => new DocumentName(job.Tenant, job.DocumentId));
        var now = time.GetTimestamp();
        var claimed = 0;
        lock (_gate)
            foreach (var notice in notices)
                if (byDocument.TryGetValue(notice.Notice.Document, out var job))
                {
                    claimed++;
                    if (_held.TryGetValue(job.JobId, out var held))
                        held.Notices.Add(notice);
                    else
                        _held.Add(job.JobId, ([notice], now));
                }
                else
                    _pending.Enqueue(notice); // no room for it in this claim, or nothing to do: the next one tells
        Received.Add(claimed, new KeyValuePair<string, object?>("result", "claimed"));
    }

    private List<ReceivedNotice> Pending(int max)
    {
        var notices = new List<ReceivedNotice>();
        lock (_gate)
            while (notices.Count < max && _pending.TryDequeue(out var notice))
                notices.Add(notice);
        return notices;
    }

    private void Return(List<ReceivedNotice> notices)
    {
        lock (_gate)
            foreach (var notice in notices)
                _pending.Enqueue(notice);
    }

    private async ValueTask LetGoAsync(CancellationToken cancellationToken)
    {
        List<ReceivedNotice>? late = null;
        lock (_gate)
            foreach (var (job, held) in _held)
                if (time.GetElapsedTime(held.Since) > LongestHold)
                {
                    _held.Remove(job);
                    (late ??= []).AddRange(held.Notices);
                }

        if (late is not null)
            await AcknowledgeAsync(late, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AcknowledgeAsync(List<ReceivedNotice> notices, CancellationToken cancellationToken)
    {
        if (notices.Count == 0)
            return;
        try
        {
            await receiver.AcknowledgeAsync(notices, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Return(notices);
            throw;
        }
    }
}
