using Microsoft.Extensions.Logging.Abstractions;
using Rag.Engines.Redis;
using Rag.Ingestion;
using Rag.Tests.Engines;
using StackExchange.Redis;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

/// <summary>Redis 7.0 Streams, without persistence: what a restart forgets is announced again.</summary>
public sealed class RedisQueueTests(EngineServers servers) : BrokerConformance
{
    internal override string Engine => "redis";

    internal override QueueChannel ChannelOn(EngineServer server) => new RedisChannelHouse(server.Address);

    internal override async Task<QueueChannel?> OpenChannelAsync() => ChannelOn(await servers.GetAsync(Engine));

    [Fact]
    public async Task What_one_worker_has_had_for_too_long_is_offered_to_others_and_acknowledged_once()
    {
        await using var channel = new RedisChannelHouse((await servers.GetAsync(Engine)).Address);
        var (one, two) = (channel.NewReceiver(), channel.NewReceiver());
        await channel.Announcer.AnnounceAsync([new JobNotice("t", "a", 1, 1, IngestionKind.Index, DateTimeOffset.UnixEpoch)], default);
        var first = Assert.Single(await one.ReceiveAsync(10, QueueHouse.Limit, default));
        var again = Assert.Single(await two.ReceiveAsync(10, QueueHouse.Limit, default));
        Assert.Equal(first.Notice, again.Notice);
        await two.AcknowledgeAsync([again], default);
        await one.AcknowledgeAsync([first], default);
        Assert.Equal(new JobChannelState(0, TimeSpan.Zero), await channel.Announcer.DescribeAsync(default));
    }

    [Fact]
    public async Task The_stream_is_bounded()
    {
        await using var channel = new RedisChannelHouse((await servers.GetAsync(Engine)).Address);
        for (var batch = 0; batch < 20; batch++)
            await channel.Announcer.AnnounceAsync([.. Enumerable.Range(0, 500).Select(i => new JobNotice("t", $"{batch}-{i}", i, 1, IngestionKind.Index, DateTimeOffset.UnixEpoch))], default);
        Assert.InRange((await channel.Announcer.DescribeAsync(default)).Messages, 2_000, 2_200); // Redis trims by whole nodes of a hundred
    }
}

/// <summary>Streams of their own on a Redis, each side with a connection of its own, as processes have.</summary>
internal sealed class RedisChannelHouse : QueueChannel
{
    private readonly RedisOptions _options;
    private readonly StreamKeys _keys;
    private readonly List<RedisConnection> _connections = [];

    public RedisChannelHouse(string address)
    {
        _options = new RedisOptions { Connection = address, Prefix = Guid.NewGuid().ToString("N"), Timeout = TimeSpan.FromSeconds(1) };
        _keys = new StreamKeys(_options, new RedisQueueOptions { MaxLength = 2_000, Stuck = TimeSpan.FromSeconds(3) });
        Announcer = new StreamAnnouncer(Connect(), _keys);
    }

    public override IJobAnnouncer Announcer { get; }

    public override IJobReceiver NewReceiver() => new StreamReceiver(Connect(), _keys, TimeProvider.System, NullLogger<StreamReceiver>.Instance);

    public override async Task PutGarbageAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_options.Connection);
        await redis.GetDatabase().StreamAddAsync(_keys.Jobs, "n", "no notice");
        await redis.GetDatabase().StreamAddAsync(_keys.Jobs, "other", "field");
    }

    public override async Task<IReadOnlyList<DeadLetter>> LettersAsync(int count)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_options.Connection);
        await QueueHouse.Until(async () => await redis.GetDatabase().StreamLengthAsync(_keys.Dead) >= count, $"{count} dead letters");
        return [.. (await redis.GetDatabase().StreamRangeAsync(_keys.Dead)).Select(entry => DeadLetter.Read((byte[])entry["n"]!)!)];
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
    }

    private RedisConnection Connect()
    {
        var connection = new RedisConnection(_options, TimeProvider.System);
        lock (_connections)
            _connections.Add(connection);
        return connection;
    }
}
