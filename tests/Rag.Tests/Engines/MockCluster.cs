using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
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

    /// <summary>Answers the next requests of a kind with errors, one each.</summary>
    /// <param name="kind">The protocol's number of the kind: 22 asks for a producer's id.</param>
    /// <param name="errors">The protocol's numbers of the errors.</param>
    public void FailNext(short kind, params int[] errors)
    {
        var handle = (SafeHandle)typeof(Handle).GetProperty("LibrdkafkaHandle", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(_cluster.Handle)!;
        var cluster = Export<MockOf>("rd_kafka_handle_mock_cluster")(handle.DangerousGetHandle());
        Export<PushErrors>("rd_kafka_mock_push_request_errors_array")(cluster, kind, (nuint)errors.Length, errors);
    }

    public void Dispose() => _cluster.Dispose();

    // Which of its builds the client has loaded depends on the machine.
    private static T Export<T>(string name) where T : Delegate
    {
        var file = Process.GetCurrentProcess().Modules.Cast<ProcessModule>().First(module => module.ModuleName.Contains("librdkafka", StringComparison.Ordinal)).FileName;
        return Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(NativeLibrary.Load(file), name));
    }

    private delegate IntPtr MockOf(IntPtr client);

    private delegate void PushErrors(IntPtr cluster, short kind, nuint count, int[] errors);
}
