using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Documents;
using Rag.Engines.Sqlite;
using Rag.Errors;
using Rag.Ingestion;
using Rag.Tests.Conformance.Documents;
using Rag.Tests.Documents;
using Rag.Tests.Journals;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

/// <summary>What a broker is to these tests.</summary>
internal abstract class QueueChannel : IAsyncDisposable
{
    /// <summary>The documents' side.</summary>
    public abstract IJobAnnouncer Announcer { get; }

    /// <summary>One more ingestion process; disposed of by the caller, as a process that ends well.</summary>
    public abstract IJobReceiver NewReceiver();

    /// <summary>Puts something into the channel that is no notice.</summary>
    public abstract Task PutGarbageAsync();

    /// <summary>The dead letters, once there are so many.</summary>
    public abstract Task<IReadOnlyList<DeadLetter>> LettersAsync(int count);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The documents service with the relay to a broker, if there is one, and any number of workers, on the real clock.</summary>
internal sealed class QueueHouse : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly QueueChannel? _channel;
    private readonly OutboxRelay? _relay;
    private readonly DeadLetterRelay? _dead;
    private readonly List<IJobReceiver> _receivers = [];
    private readonly TestFolder? _folder;

    private QueueHouse(QueueChannel? channel, DocumentsOptions options, TimeSpan again, Func<IJobAnnouncer, IJobAnnouncer>? wrap, IDocumentStore? store)
    {
        _channel = channel;
        store ??= SqliteDocumentStore.Open((_folder = new TestFolder()).Path);
        if (channel is null)
        {
            Documents = new DocumentsUnderTest(store, options, TimeProvider.System);
            return;
        }

        var announcer = wrap is null ? channel.Announcer : wrap(channel.Announcer);
        _dead = new DeadLetterRelay(announcer, TimeProvider.System, NullLogger<DeadLetterRelay>.Instance);
        Documents = new DocumentsUnderTest(store, options, TimeProvider.System, _dead);
        _relay = new OutboxRelay((IAnnouncingBoard)Documents.Service.Memory.Board, announcer, new RelayOptions(500, again), TimeProvider.System, NullLogger<OutboxRelay>.Instance);
    }

    public DocumentsUnderTest Documents { get; }

    public QueueChannel? Channel => _channel;

    /// <param name="channel">The broker; null for the outbox alone.</param>
    /// <param name="options">Of documents.</param>
    /// <param name="again">When a notice that nobody came for is told again.</param>
    /// <param name="wrap">What stands between the relay and the broker.</param>
    /// <param name="store">Where documents and outbox are; null for a SQLite file of the house's own.</param>
    public static async Task<QueueHouse> OpenAsync(
        QueueChannel? channel, DocumentsOptions? options = null, TimeSpan? again = null, Func<IJobAnnouncer, IJobAnnouncer>? wrap = null, IDocumentStore? store = null)
    {
        var house = new QueueHouse(channel, options ?? new DocumentsOptions { RetryDelay = TimeSpan.FromMilliseconds(50) }, again ?? TimeSpan.FromSeconds(2), wrap, store);
        if (house._dead is { } dead)
            await dead.StartAsync(default);
        if (house._relay is { } relay)
            await relay.StartAsync(default);
        return house;
    }

    /// <summary>One more ingestion process.</summary>
    public QueueWorker NewWorker(string name = "worker", string run = "1")
    {
        if (_channel is null)
            return new QueueWorker(Documents.Queue, null, name, run);
        var receiver = _channel.NewReceiver();
        lock (_receivers)
            _receivers.Add(receiver);
        return new QueueWorker(new ChannelQueue(Documents.Queue, receiver, TimeProvider.System), receiver, name, run);
    }

    public Task<DocumentAccepted> PutAsync(string id, string text = "text", string tenant = "t") =>
        Documents.Service.PutAsync(DocumentsFixture.Upload(id, text, tenant), default).AsTask();

    public async Task<long> DepthAsync() => (await Documents.Service.DescribeAsync(default)).QueueDepth;

    /// <summary>Works everything off with so many workers and returns what was done, in its order; no document may be in two hands.</summary>
    public async Task<List<IngestionJob>> DrainAsync(int workers = 1, Task? until = null)
    {
        var done = new ConcurrentQueue<IngestionJob>();
        var inHand = new ConcurrentDictionary<(string, string), string>();
        using var stop = new CancellationTokenSource();
        var hands = Enumerable.Range(0, workers).Select(number => NewWorker($"drain {number}")).ToArray();
        var running = hands.Select(worker => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                IReadOnlyList<IngestionJob> jobs;
                try
                {
                    jobs = await worker.ClaimAsync(50, TimeSpan.FromMilliseconds(200));
                }
                catch (RagException) when (_channel is not null)
                {
                    await Task.Delay(50); // the broker is down: the worker pauses
                    continue;
                }

                foreach (var job in jobs)
                    Assert.True(inHand.TryAdd((job.Tenant, job.DocumentId), worker.Name), $"{job.DocumentId} is in two hands");
                await Task.Yield();
                foreach (var job in jobs)
                {
                    // Before it is complete: from then on its successor may be in another's hands, and done.
                    inHand.TryRemove((job.Tenant, job.DocumentId), out _);
                    done.Enqueue(job);
                }

                await worker.Queue.CompleteAsync([.. jobs.Select(DocumentsFixture.Done)], default);
            }
        })).ToArray();
        if (until is not null)
            await until;
        await Until(async () => await DepthAsync() == 0 || running.Any(task => task.IsFaulted), "everything is done");
        await stop.CancelAsync();
        await Task.WhenAll(running);
        foreach (var worker in hands)
            worker.Die();
        return [.. done];
    }

    /// <summary>Waits for something, within a bound.</summary>
    public static async Task Until(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, $"not within {Limit}: {what}");
            await Task.Delay(10);
        }
    }

    public async Task AssertSearchableAsync(string id, int version, string text, string tenant = "t")
    {
        var document = await Documents.Service.GetAsync(tenant, id, default);
        Assert.Equal((version, DocumentState.Searchable, text), (document!.Version, document.Status, document.Text));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in (Microsoft.Extensions.Hosting.BackgroundService?[])[_relay, _dead])
            if (service is not null)
            {
                await service.StopAsync(default);
                service.Dispose();
            }

        foreach (var receiver in _receivers)
            (receiver as IDisposable)?.Dispose();
        Documents.Dispose();
        _folder?.Dispose();
        if (_channel is not null)
            await _channel.DisposeAsync();
    }
}

/// <summary>An ingestion process as the queue sees it.</summary>
internal sealed record QueueWorker(IIngestionQueue Queue, IJobReceiver? Receiver, string Name, string Run)
{
    public async Task<IReadOnlyList<IngestionJob>> ClaimAsync(int max = 50, TimeSpan? wait = null) =>
        await Queue.ClaimAsync(new IngestionClaim(Name, Run, max, wait ?? QueueHouse.Limit), default);

    /// <summary>Whether nothing comes for a while.</summary>
    public async Task<bool> NothingComesAsync(int milliseconds = 300) => (await ClaimAsync(wait: TimeSpan.FromMilliseconds(milliseconds))).Count == 0;

    public async Task EndAsync(IngestionJob job, IngestionOutcome outcome = IngestionOutcome.Done, string? reason = null) =>
        await Queue.CompleteAsync([outcome == IngestionOutcome.Done ? DocumentsFixture.Done(job) : new IngestionResult(job, outcome, Reason: reason)], default);

    /// <summary>As kill -9 leaves it, but that the broker hears of it.</summary>
    public void Die() => (Receiver as IDisposable)?.Dispose();
}
