using Confluent.Kafka;

namespace Rag.Tests.Engines;

/// <summary>librdkafka's mock cluster: three brokers in this process, which others reach over TCP. Kafka's modern protocol over real sockets, without a broker's disk.</summary>
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

    /// <summary>Its name and version.</summary>
    public static string Version => $"librdkafka {Library.VersionString}'s mock cluster";

    /// <summary>The brokers, <c>host:port</c> joined by commas.</summary>
    public string Servers { get; }

    public void Dispose() => _cluster.Dispose();
}
