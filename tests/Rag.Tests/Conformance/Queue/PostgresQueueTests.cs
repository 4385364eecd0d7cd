using Rag.Documents;
using Rag.Tests.Conformance.Documents;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

/// <summary>PostgreSQL's outbox as the queue itself.</summary>
public sealed class PostgresOutboxQueueTests(EngineServers servers) : QueueConformance, IAsyncDisposable
{
    private PostgresSchema? _schema;

    internal override Task<QueueChannel?> OpenChannelAsync() => Task.FromResult<QueueChannel?>(null);

    internal override async Task<IDocumentStore?> OpenStoreAsync() => DocumentsUnderTest.On((_schema = await PostgresSchema.MakeAsync(servers)).Source);

    public ValueTask DisposeAsync() => _schema?.DisposeAsync() ?? default;
}

/// <summary>Notices through Redis, documents in PostgreSQL: announced and claimed by name on its board.</summary>
public sealed class PostgresRedisQueueTests(EngineServers servers) : ChannelConformance, IAsyncDisposable
{
    private PostgresSchema? _schema;

    internal override async Task<QueueChannel?> OpenChannelAsync() => new RedisChannelHouse((await servers.GetAsync("redis")).Address);

    internal override async Task<IDocumentStore?> OpenStoreAsync() => DocumentsUnderTest.On((_schema = await PostgresSchema.MakeAsync(servers)).Source);

    public ValueTask DisposeAsync() => _schema?.DisposeAsync() ?? default;
}

/// <summary>Notices through Kafka, documents in PostgreSQL. What Kafka itself does is shown beside SQLite; here is what the two do together.</summary>
public sealed class PostgresKafkaQueueTests(EngineServers servers) : IAsyncLifetime
{
    private PostgresSchema _schema = null!;

    public async ValueTask InitializeAsync() => _schema = await PostgresSchema.MakeAsync(servers);

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public Task Kafka_0_9_brings_everything_to_workers_that_come_and_go() =>
        ServeAsync(async () => new KafkaChannel((await servers.GetAsync("kafka")).Address, KafkaQueueTests.OldBroker));

    [Fact]
    public async Task The_modern_protocol_brings_everything_to_workers_that_come_and_go()
    {
        using var cluster = new MockCluster();
        await ServeAsync(() => Task.FromResult(new KafkaChannel(cluster.Servers, new Dictionary<string, string>())));
    }

    private async Task ServeAsync(Func<Task<KafkaChannel>> open)
    {
        await using var house = await QueueHouse.OpenAsync(
            await open(), new DocumentsOptions { Lease = TimeSpan.FromSeconds(2), RetryDelay = TimeSpan.FromMilliseconds(20), MaxAttempts = 50 }, store: DocumentsUnderTest.On(_schema.Source));
        for (var i = 0; i < 200; i++)
            await house.PutAsync($"d{i % 100}", $"text {i}");
        // Dies with work in its hands; what it had comes back by its lease, and is announced again.
        var bad = house.NewWorker("bad");
        Assert.NotEmpty(await bad.ClaimAsync(20));
        bad.Die();
        var done = await house.DrainAsync(workers: 2);
        Assert.Equal(100, done.Select(job => job.DocumentId).Distinct().Count());
        Assert.Equal(done.Count, done.Select(job => job.JobId).Distinct().Count());
        for (var i = 0; i < 100; i += 9)
            await house.AssertSearchableAsync($"d{i}", 2, $"text {100 + i}");
    }
}
