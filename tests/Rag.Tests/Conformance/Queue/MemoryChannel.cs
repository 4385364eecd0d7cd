using System.Collections.Concurrent;
using System.Threading.Channels;
using Rag.Ingestion;

namespace Rag.Tests.Conformance.Queue;

/// <summary>A broker in memory that does what it is told, for tests of those on its two sides.</summary>
internal sealed class MemoryChannel : QueueChannel, IJobAnnouncer
{
    private readonly Channel<JobNotice> _notices = Channel.CreateUnbounded<JobNotice>();
    private readonly ConcurrentQueue<DeadLetter> _letters = new();
    private int _acknowledged;

    public override IJobAnnouncer Announcer => this;

    /// <summary>Notices that were acknowledged.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public override IJobReceiver NewReceiver() => new Receiver(this);

    public override Task PutGarbageAsync() => Task.CompletedTask;

    public override async Task<IReadOnlyList<DeadLetter>> LettersAsync(int count)
    {
        await QueueHouse.Until(() => Task.FromResult(_letters.Count >= count), $"{count} letters");
        return [.. _letters];
    }

    public ValueTask AnnounceAsync(IReadOnlyList<JobNotice> notices, CancellationToken cancellationToken)
    {
        foreach (var notice in notices)
            _notices.Writer.TryWrite(notice);
        return ValueTask.CompletedTask;
    }

    public ValueTask BuryAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        foreach (var letter in letters)
            _letters.Enqueue(letter);
        return ValueTask.CompletedTask;
    }

    public ValueTask<JobChannelState> DescribeAsync(CancellationToken cancellationToken) => new(new JobChannelState(_notices.Reader.Count, TimeSpan.Zero));

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Receiver(MemoryChannel channel) : IJobReceiver
    {
        public async ValueTask<IReadOnlyList<ReceivedNotice>> ReceiveAsync(int max, TimeSpan wait, CancellationToken cancellationToken)
        {
            var received = new List<ReceivedNotice>();
            while (received.Count < max && channel._notices.Reader.TryRead(out var notice))
                received.Add(new ReceivedNotice(notice, notice));
            if (received.Count > 0 || wait <= TimeSpan.Zero)
                return received;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(wait);
            try
            {
                await channel._notices.Reader.WaitToReadAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Nothing came.
            }

            return [];
        }

        public ValueTask AcknowledgeAsync(IReadOnlyList<ReceivedNotice> notices, CancellationToken cancellationToken)
        {
            Interlocked.Add(ref channel._acknowledged, notices.Count);
            return ValueTask.CompletedTask;
        }
    }
}
