using System.Collections.Concurrent;
using Rag.Ingestion;

namespace Rag.Bench.Crashes.Planted;

/// <summary>Offset before commit: a job counts as done when it is handed out. Whoever dies with it in hand loses it.</summary>
internal sealed class OffsetBeforeCommit(IIngestionQueue queue) : IIngestionQueue
{
    public async ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken)
    {
        var jobs = await queue.ClaimAsync(claim, cancellationToken);
        await queue.CompleteAsync([.. jobs.Select(job => new IngestionResult(job, IngestionOutcome.Done, Chunks: 1))], CancellationToken.None);
        return jobs;
    }

    public ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>The same of a broker: a notice's offset is stored when it is received. Whoever dies before the work is done isn't told of it again.</summary>
internal sealed class StoredBeforeWork(IJobReceiver receiver) : IJobReceiver
{
    public async ValueTask<IReadOnlyList<ReceivedNotice>> ReceiveAsync(int max, TimeSpan wait, CancellationToken cancellationToken)
    {
        var notices = await receiver.ReceiveAsync(max, wait, cancellationToken);
        await receiver.AcknowledgeAsync(notices, CancellationToken.None);
        return notices;
    }

    public ValueTask AcknowledgeAsync(IReadOnlyList<ReceivedNotice> notices, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>An unlocked outbox: what one worker has in hand is handed to the next that asks as well.</summary>
internal sealed class UnlockedOutbox(IIngestionQueue queue) : IIngestionQueue
{
    private readonly ConcurrentQueue<IReadOnlyList<IngestionJob>> _inHand = new();

    public async ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken)
    {
        if (_inHand.TryDequeue(out var taken))
            return taken;
        var jobs = await queue.ClaimAsync(claim, cancellationToken);
        if (jobs.Count > 0)
            _inHand.Enqueue(jobs);
        return jobs;
    }

    public ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken) => queue.CompleteAsync(results, cancellationToken);
}
