using Confluent.Kafka;

namespace Rag.Bench.Engines;

/// <summary>librdkafka's mock cluster of three brokers, in this process: Kafka's modern protocol over real sockets, without a broker's disk.</summary>
internal sealed class MockCluster : IDisposable
{
    public const string Name = "kafka-mock";

    private readonly IProducer<byte[], byte[]> _cluster;

    public MockCluster()
    {
        var config = new ProducerConfig { BootstrapServers = "mock" };
        config.Set("test.mock.num.brokers", "3");
        _cluster = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
        using var admin = new DependentAdminClientBuilder(_cluster.Handle).Build();
        Servers = string.Join(',', admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Select(broker => $"{broker.Host}:{broker.Port}"));
    }

    public static string Version => $"librdkafka {Library.VersionString}'s mock cluster";

    /// <summary>The brokers, <c>host:port</c> joined by commas.</summary>
    public string Servers { get; }

    public void Dispose() => _cluster.Dispose();
}
