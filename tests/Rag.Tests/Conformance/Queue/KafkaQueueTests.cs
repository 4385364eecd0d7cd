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

/// <summary>The modern protocol, by the mock cluster of librdkafka 2.16: three brokers in this process and an idempotent producer. Fixed member names (kafka:member) are not run here.</summary>
public sealed class KafkaMockQueueTests : ChannelConformance, IDisposable
{
    private readonly IProducer<byte[], byte[]> _cluster;
    private readonly string _servers;

    public KafkaMockQueueTests()
    {
        var config = new ProducerConfig { BootstrapServers = "mock" };
        config.Set("test.mock.num.brokers", "3");
        _cluster = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(_cluster.Handle).Build();
        _servers = string.Join(',', admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Select(broker => $"{broker.Host}:{broker.Port}"));
    }

    internal override Task<QueueChannel?> OpenChannelAsync() => Task.FromResult<QueueChannel?>(new KafkaChannel(_servers, new Dictionary<string, string>()));

    public void Dispose() => _cluster.Dispose();
}
