using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Loadline.Export;
using Loadline.Faults;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Users;
using Xunit;

namespace Loadline.Tests.Export;

/// <summary>Against a stand-in that answers as Grafana's HTTP API is documented (grafana.com/docs/grafana/latest/developers/http_api/annotations): Grafana itself is not to be had here.</summary>
public class GrafanaAnnotationsTests
{
    private const long Second = 1_000_000_000;

    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_000_000);
    private static readonly Plan Plan = PlanReader.Read("name: some\npurpose: Some\ntarget: embedded\nload: { users: 1, phases: { hold: 10s }, mix: { query: 1 } }\nobjectives: [errors < 1%]", "some.yaml").Plan!;

    [Fact]
    public async Task A_run_and_its_faults_are_drawn_when_they_begin_and_get_their_end_when_it_is_known()
    {
        using var grafana = new StandIn(200);
        using var annotations = new GrafanaAnnotations(new ExportOptions { Grafana = grafana.Address, GrafanaToken = "t0ken" });
        var lease = new FaultLease(new PlanFault { Name = "outage", Kind = FaultKind.Kill, Where = "query", At = TimeSpan.FromSeconds(2), For = TimeSpan.FromSeconds(3) }, "outage");
        var now = 1 * Second;
        var run = new RunMetrics("some-1", Plan, "1.0");
        run.Begin(View(() => now, lease));

        await annotations.LookAsync(run, isOver: false, default);
        (now, lease.Start) = (3 * Second, 2 * Second);
        await annotations.LookAsync(run, isOver: false, default);
        await annotations.LookAsync(run, isOver: false, default);
        (now, lease.End) = (10 * Second, 5 * Second);
        await annotations.LookAsync(run, isOver: true, default);
        await annotations.LookAsync(run, isOver: true, default);

        Assert.Equal(
            [
                "POST /api/annotations {\"time\":1000000,\"text\":\"Loadline: some-1\",\"tags\":[\"loadline\",\"run:some-1\",\"plan:some\",\"run\"]}",
                "POST /api/annotations {\"time\":1002000,\"text\":\"Fault 'outage'\",\"tags\":[\"loadline\",\"run:some-1\",\"plan:some\",\"fault\"]}",
                "PATCH /api/annotations/1 {\"timeEnd\":1010000}",
                "PATCH /api/annotations/2 {\"timeEnd\":1005000}",
            ],
            grafana.Asked);
        Assert.All(grafana.Authorizations, header => Assert.Equal("Bearer t0ken", header));
        Assert.Equal(0, annotations.Failures);
    }

    [Fact]
    public async Task What_Grafana_does_not_take_is_counted_and_throws_nothing()
    {
        using var grafana = new StandIn(401);
        using var annotations = new GrafanaAnnotations(new ExportOptions { Grafana = grafana.Address });
        var run = new RunMetrics("some-1", Plan, "1.0");
        run.Begin(View(() => Second));
        await annotations.LookAsync(run, isOver: false, default);
        await annotations.LookAsync(run, isOver: true, default);
        Assert.Equal(2, annotations.Failures);
        Assert.Contains("401", annotations.Problem, StringComparison.Ordinal);
    }

    private static LoadView View(Func<long> now, params FaultLease[] leases) => new()
    {
        StartedAt = Start,
        Now = now,
        Times = PhaseTimes.Of(TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.Zero),
        Gauges = new PopulationGauges(),
        Snapshot = () => new LiveSnapshot(0, 1, []),
        Generator = new GeneratorProbe(() => 0, 0, 10 * Second, () => TimeSpan.Zero),
        Faults = () => leases,
    };

    private sealed class StandIn : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly int _code;

        public StandIn(int code)
        {
            _code = code;
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Address = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
            }
            _listener.Prefixes.Add(Address.AbsoluteUri);
            _listener.Start();
            _ = ServeAsync();
        }

        public Uri Address { get; }

        public List<string> Asked { get; } = [];

        public List<string?> Authorizations { get; } = [];

        public void Dispose() => ((IDisposable)_listener).Dispose();

        private async Task ServeAsync()
        {
            for (var made = 0; _listener.IsListening;)
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
                using var body = new StreamReader(context.Request.InputStream);
                var text = JsonNode.Parse(await body.ReadToEndAsync())!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
                Asked.Add($"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath} {text}");
                Authorizations.Add(context.Request.Headers["Authorization"]);
                context.Response.StatusCode = _code;
                await context.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(context.Request.HttpMethod == "POST" ? $"{{\"message\":\"Annotation added\",\"id\":{++made}}}" : "{\"message\":\"Annotation patched\"}"));
                context.Response.Close();
            }
        }
    }
}
