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

    internal override Task<QueueChannel?> OpenChannelAsync() => Task.FromResult<QueueChannel?>(new KafkaChannel(_cluster.Servers, new Dictionary<string, string>()));

    public void Dispose() => _cluster.Dispose();
}
