using Confluent.Kafka;
using Rag.Tests.Engines;

namespace Rag.Tests.Conformance.Queue;

/// <summary>Kafka 0.9.0.1: real and old. Neither an idempotent producer nor a description of what the broker can.</summary>
public sealed class KafkaQueueTests(EngineServers servers) : BrokerConformance
{
    internal static readonly IReadOnlyDictionary<string, string> OldBroker = new Dictionary<string, string>
    {
        ["api.version.request"] = "false",
        ["broker.version.fallback"] = "0.9.0",
        ["enable.idempotence"] = "false",
    };

    internal override string Engine => "kafka";

    internal override QueueChannel ChannelOn(EngineServer server) => new KafkaChannel(server.Address, OldBroker);

    internal override async Task<QueueChannel?> OpenChannelAsync() => ChannelOn(await servers.GetAsync(Engine));
}

/// <summary>The modern protocol, by the mock cluster of librdkafka 2.16: three brokers in this process and an idempotent producer.</summary>
public sealed class KafkaMockQueueTests : ChannelConformance, IDisposable
{
    private readonly MockCluster _cluster = new();

    internal override Task<QueueChannel?> OpenChannelAsync() => Task.FromResult<QueueChannel?>(_cluster.NewChannel());

    public void Dispose() => _cluster.Dispose();
}

/// <summary>librdkafka's mock cluster: three brokers in this process, which others reach over TCP.</summary>
internal sealed class MockCluster : IDisposable
{
    private readonly IProducer<byte[], byte[]> _cluster;

    public MockCluster()
    {
        var config = new ProducerConfig { BootstrapServers = "mock" };
        config.Set("test.mock.num.brokers", "3");
        _cluster = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(_cluster.Handle).Build();
        Servers = string.Join(',', admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Select(broker => $"{broker.Host}:{broker.Port}"));
    }

    /// <summary>Where the brokers are.</summary>
    public string Servers { get; }

    /// <summary>A topic of its own on it.</summary>
    public KafkaChannel NewChannel() => new(Servers, new Dictionary<string, string>());

    public void Dispose() => _cluster.Dispose();
}
