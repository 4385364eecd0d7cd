using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Ingestion;
using Rag.Tests.Conformance.Queue;
using Xunit;

namespace Rag.Tests.Ingestion;

/// <summary>What becomes of notices whose work can't be claimed at the moment.</summary>
public sealed class ChannelQueueTests
{
    private static readonly JobNotice Notice = new("t", "a", 1, 1, IngestionKind.Index, DateTimeOffset.UnixEpoch);
    private static readonly IngestionJob Job = new() { JobId = 1, Kind = IngestionKind.Index, Tenant = "t", DocumentId = "a", Version = 1 };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_notice_whose_work_others_lock_at_that_moment_is_kept_and_its_work_claimed_soon()
    {
        var channel = new MemoryChannel();
        var outbox = new Outbox(() => throw new RagException(RagError.Overloaded, "locked", TimeSpan.FromMilliseconds(100)), () => [Job]);
        var queue = new ChannelQueue(outbox, channel.NewReceiver(), _time);
        await channel.AnnounceAsync([Notice], default);

        var claim = queue.ClaimAsync(new IngestionClaim("w", "1", 10, TimeSpan.FromSeconds(20)), default).AsTask();
        Assert.False(claim.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));

        var job = Assert.Single(await claim.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(2, outbox.Claims);
        Assert.Equal(0, channel.Acknowledged);
        await queue.CompleteAsync([new IngestionResult(job, IngestionOutcome.Done)], default);
        Assert.Equal(1, channel.Acknowledged);
    }

    [Fact]
    public async Task What_stays_locked_ends_the_claim_in_its_time_and_is_asked_for_by_the_next()
    {
        var channel = new MemoryChannel();
        var locked = true;
        var outbox = new Outbox(() => locked ? throw new RagException(RagError.Overloaded, "locked", TimeSpan.FromMilliseconds(100)) : [Job]);
        var queue = new ChannelQueue(outbox, channel.NewReceiver(), _time);
        await channel.AnnounceAsync([Notice], default);

        var claim = queue.ClaimAsync(new IngestionClaim("w", "1", 10, TimeSpan.FromSeconds(1)), default).AsTask();
        while (!claim.IsCompleted)
            _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(RagError.Overloaded, (await Assert.ThrowsAsync<RagException>(() => claim)).Error);

        locked = false;
        Assert.Single(await queue.ClaimAsync(new IngestionClaim("w", "1", 10, TimeSpan.FromSeconds(1)), default));
        Assert.Equal(0, channel.Acknowledged);
    }

    [Fact]
    public async Task A_notice_of_nothing_to_do_is_let_go()
    {
        var channel = new MemoryChannel();
        var queue = new ChannelQueue(new Outbox(() => []), channel.NewReceiver(), _time);
        await channel.AnnounceAsync([Notice], default);

        Assert.Empty(await queue.ClaimAsync(new IngestionClaim("w", "1", 10, TimeSpan.Zero), default));
        Assert.Equal(1, channel.Acknowledged);
    }

    /// <summary>Claims by name are answered in this order, the last one for ever.</summary>
    private sealed class Outbox(params Func<IReadOnlyList<IngestionJob>>[] answers) : IIngestionQueue
    {
        private int _claims;

        /// <summary>Claims by name.</summary>
        public int Claims => Volatile.Read(ref _claims);

        public ValueTask<IReadOnlyList<IngestionJob>> ClaimAsync(IngestionClaim claim, CancellationToken cancellationToken)
        {
            if (claim.Only is not { Count: > 0 })
                return new([]);
            var number = Interlocked.Increment(ref _claims);
            return new(answers[Math.Min(number, answers.Length) - 1]());
        }

        public ValueTask CompleteAsync(IReadOnlyList<IngestionResult> results, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
