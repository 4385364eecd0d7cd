using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Documents;
using Rag.Errors;
using Rag.Ingestion;
using Rag.Tests.Conformance.Queue;
using Xunit;

namespace Rag.Tests.Documents;

/// <summary>The relay outlives whatever it depends on: its end would end the documents process.</summary>
public sealed class OutboxRelayTests
{
    [Fact]
    public async Task A_database_that_is_down_is_asked_again_and_what_it_then_tells_is_announced()
    {
        var time = new FakeTimeProvider();
        var ticket = new JobTicket(new DocumentKey("t", "a"), 7, IngestionKind.Index, 1, 10, DateTimeOffset.UnixEpoch);
        using var board = new Board(
            () => throw new RagException(RagError.Unavailable, "down", TimeSpan.FromSeconds(1)), () => throw new InvalidOperationException("worse"), () => [ticket], () => []);
        var channel = new MemoryChannel();
        using var relay = new OutboxRelay(board, channel, new RelayOptions(10, TimeSpan.FromSeconds(60)), time, NullLogger<OutboxRelay>.Instance);
        await relay.StartAsync(default);

        var receiver = channel.NewReceiver();
        IReadOnlyList<ReceivedNotice> notices;
        while ((notices = await receiver.ReceiveAsync(10, TimeSpan.FromMilliseconds(20), default)).Count == 0)
        {
            Assert.False(relay.ExecuteTask!.IsCompleted, "the relay has ended");
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(7, Assert.Single(notices).Notice.JobId);
        await relay.StopAsync(default);
    }

    /// <summary>Tells of work in this order, the last answer for ever; the rest of a board nobody asks for here.</summary>
    private sealed class Board(params Func<List<JobTicket>>[] answers) : IAnnouncingBoard
    {
        private int _asked;

        public int Depth => 0;

        public TimeSpan Unclaimed => TimeSpan.Zero;

        public ValueTask<List<JobTicket>> AnnounceAsync(int max, int most, TimeSpan again, CancellationToken cancellationToken) => new(answers[Math.Min(_asked++, answers.Length - 1)]());

        public ValueTask WithdrawAsync(IReadOnlyList<JobTicket> tickets) => ValueTask.CompletedTask;

        public Task WaitToAnnounceAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

        public TimeSpan OldestAge() => TimeSpan.Zero;

        public TimeSpan Lag() => TimeSpan.Zero;

        public ValueTask<List<JobTicket>> TakeAsync(IReadOnlyList<DocumentKey> only, long maxBytes, JobHolder holder, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<List<JobTicket>> TakeAsync(int max, long maxBytes, JobHolder holder, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task WaitAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask GiveBackAsync(DocumentKey key, long jobId, int attempt, DateTimeOffset dueAt) => throw new NotSupportedException();

        public JobTicket? Held(IDocumentTransaction transaction, DocumentKey key, long jobId, int attempt) => throw new NotSupportedException();

        public JobTicket? Find(IDocumentTransaction transaction, DocumentKey key, long jobId) => throw new NotSupportedException();

        public void Add(JobTicket ticket) => throw new NotSupportedException();

        public void Finish(DocumentKey key, long jobId) => throw new NotSupportedException();

        public void Return(JobTicket ticket, DateTimeOffset dueAt) => throw new NotSupportedException();

        public void Dispose()
        {
            // Nothing to end.
        }
    }
}
