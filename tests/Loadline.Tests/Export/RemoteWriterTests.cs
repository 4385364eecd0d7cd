using System.Net;
using System.Net.Sockets;
using Loadline.Export;
using Snappier;
using Xunit;

namespace Loadline.Tests.Export;

public class RemoteWriterTests
{
    private static readonly MetricFamily Gauge = new("loadline_users", MetricKind.Gauge, "Users.");

    [Fact]
    public async Task What_a_server_could_not_take_comes_again_in_its_order()
    {
        using var receiver = new Receiver(503, 503, 200);
        using var writer = new RemoteWriter(new ExportOptions { RemoteWrite = receiver.Address, RemoteWriteUser = "ann", RemoteWritePassword = "s3cret" }, TimeProvider.System);
        for (var users = 1; users <= 3; users++)
            await writer.PushAsync([new(Gauge, [], users)], default);
        Assert.Equal([1, 1, 1, 2, 3], receiver.Values);
        Assert.Equal((3, 0, 0), (writer.Sent, writer.Refused, writer.Dropped));
        Assert.All(receiver.Authorizations, header => Assert.Equal("Basic " + Convert.ToBase64String("ann:s3cret"u8), header));
    }

    [Fact]
    public async Task What_a_server_refuses_is_counted_and_not_sent_again()
    {
        using var receiver = new Receiver(400, 200);
        using var writer = new RemoteWriter(new ExportOptions { RemoteWrite = receiver.Address }, TimeProvider.System);
        await writer.PushAsync([new(Gauge, [], 1)], default);
        await writer.PushAsync([new(Gauge, [], 2)], default);
        Assert.Equal([1, 2], receiver.Values);
        Assert.Equal((1, 1, 0), (writer.Sent, writer.Refused, writer.Dropped));
        Assert.Contains("400", writer.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_costs_the_oldest_pushes_and_no_memory()
    {
        using var writer = new RemoteWriter(new ExportOptions { RemoteWrite = new Uri("http://127.0.0.1:9/") }, TimeProvider.System);
        for (var i = 0; i < RemoteWriter.MostWaiting + 3; i++)
            await writer.PushAsync([new(Gauge, [], i)], default);
        Assert.Equal(3, writer.Dropped);
        await writer.EndAsync([new(Gauge, [], 0)], default);
        // The last values and the end of the series were put down as well, and nothing is left waiting.
        Assert.Equal(RemoteWriter.MostWaiting + 3 + 2, writer.Dropped);
        Assert.NotNull(writer.Problem);
    }

    [Fact]
    public async Task A_run_ends_with_its_last_values_and_the_mark_of_the_end()
    {
        using var receiver = new Receiver(200);
        using var writer = new RemoteWriter(new ExportOptions { RemoteWrite = receiver.Address }, TimeProvider.System);
        await writer.EndAsync([new(Gauge, [], 7)], default);
        Assert.Equal(7, receiver.Values[0]);
        Assert.True(double.IsNaN(receiver.Values[1]));
        Assert.InRange(receiver.Times[1] - receiver.Times[0], 15_000UL, 20_000UL);
    }

    /// <summary>Answers each push with the next of some codes, and the last of them ever after.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Queue<int> _codes;

        public Receiver(params int[] codes)
        {
            _codes = new Queue<int>(codes);
            Address = new Uri($"http://127.0.0.1:{FreePort()}/write/");
            _listener.Prefixes.Add(Address.AbsoluteUri);
            _listener.Start();
            _ = ServeAsync();
        }

        public Uri Address { get; }

        public List<double> Values { get; } = [];

        public List<ulong> Times { get; } = [];

        public List<string?> Authorizations { get; } = [];

        public void Dispose() => ((IDisposable)_listener).Dispose();

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception end) when (end is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                var sample = new ProtobufReader(Snappy.DecompressToArray(body.ToArray())).Messages(1).Single().Messages(2).Single();
                Values.Add(sample.Double(1));
                Times.Add(sample.UInt(2));
                Authorizations.Add(context.Request.Headers["Authorization"]);
                context.Response.StatusCode = _codes.Count > 1 ? _codes.Dequeue() : _codes.Peek();
                context.Response.Close();
            }
        }
    }
}
