using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Rag.Host.Telemetry;
using Xunit;
using TraceOptions = Rag.Host.Telemetry.TraceOptions;

namespace Rag.Tests.Traces;

/// <summary>Which spans are sent: the sampler's word, and what unsampled requests turn out to be.</summary>
public sealed class TelemetryTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Sent _sent = new();
    private readonly ActivitySource _source = new($"Rag test {Guid.NewGuid()}");
    private TracerProvider? _provider;

    [Theory]
    [InlineData("parentbased_traceidratio", 0.0, true, true)]
    [InlineData("parentbased_traceidratio", 1.0, false, false)]
    [InlineData("parentbased_traceidratio", 1.0, null, true)]
    [InlineData("parentbased_traceidratio", 0.0, null, false)]
    [InlineData("parentbased_always_off", 1.0, null, false)]
    [InlineData("parentbased_always_off", 1.0, true, true)]
    [InlineData("parentbased_always_on", 0.0, null, true)]
    [InlineData("always_on", 0.0, false, true)]
    [InlineData("always_off", 1.0, true, false)]
    [InlineData("traceidratio", 1.0, false, true)]
    public void The_samplers_are_those_of_the_specification(string sampler, double ratio, bool? callerSampled, bool sent)
    {
        Begin(new TraceOptions { Sampler = sampler, Ratio = ratio, Slow = TimeSpan.FromHours(1), HeldSpans = 10, KeptPerSecond = 10 });
        using (_source.StartActivity("root", ActivityKind.Server, Caller(callerSampled)))
        {
        }

        Assert.Equal(sent ? ["root"] : [], _sent.Names);
    }

    [Fact]
    public void An_unsampled_request_is_sent_whole_when_it_failed_was_slow_or_degraded_and_otherwise_not_at_all()
    {
        Begin(Options);
        Request("fast", _ => { });
        Assert.Empty(_sent.Names);
        Request("failed", root => root.SetStatus(ActivityStatusCode.Error));
        Assert.Equal(["child of failed", "failed"], _sent.Names);
        Request("degraded", root => root.SetTag("rag.degraded", "reranking_unavailable"));
        Request("slow", root => root.SetEndTime(root.StartTimeUtc.AddSeconds(1)));
        Assert.Equal(["child of failed", "failed", "child of degraded", "degraded", "child of slow", "slow"], _sent.Names);
        Assert.Equal(["failed", "degraded", "slow"], _sent.Spans.Select(span => (string?)span.GetTagItem("rag.trace.kept")).OfType<string>());
    }

    [Fact]
    public void What_goes_on_after_a_kept_request_is_sent_and_after_a_forgotten_one_not()
    {
        Begin(Options);
        Activity? late = null;
        Request("fast", _ => late = _source.StartActivity("late"));
        late!.Dispose();
        Request("failed", root =>
        {
            root.SetStatus(ActivityStatusCode.Error);
            late = _source.StartActivity("late of failed");
        });
        late.Dispose();
        Assert.Equal(["child of failed", "failed", "late of failed"], _sent.Names);
    }

    [Fact]
    public void Spans_held_and_requests_kept_a_second_are_bounded()
    {
        Begin(Options with { HeldSpans = 3, KeptPerSecond = 2 });
        Request("wide", root =>
        {
            for (var i = 0; i < 10; i++)
                _source.StartActivity("part")!.Dispose();
            root.SetStatus(ActivityStatusCode.Error);
        });
        Assert.Equal(4, _sent.Spans.Count); // three, and the root
        Assert.Equal((0, 8L), (Tail.Held, Tail.Lost));
        for (var i = 0; i < 5; i++)
            Request("failed", root => root.SetStatus(ActivityStatusCode.Error));
        Assert.Equal(6, _sent.Spans.Count); // one more of the two a second
        _time.Advance(TimeSpan.FromSeconds(1));
        Request("failed", root => root.SetStatus(ActivityStatusCode.Error));
        Assert.Equal(8, _sent.Spans.Count);
    }

    [Fact]
    public void Without_an_address_there_are_no_spans_and_all_that_is_wrong_is_told_at_once()
    {
        Assert.Null(TelemetrySettings.Read(new ConfigurationBuilder().Build(), _ => null));
        var set = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4317", ["OTEL_TRACES_SAMPLER_ARG"] = "0.25" };
        Assert.Equal(("parentbased_traceidratio", 0.25, "grpc"), TelemetrySettings.Read(new ConfigurationBuilder().Build(), set.GetValueOrDefault) is { } read ? (read.Sampler, read.Ratio, read.Protocol) : default);
        set["OTEL_SDK_DISABLED"] = "true";
        Assert.Null(TelemetrySettings.Read(new ConfigurationBuilder().Build(), set.GetValueOrDefault));
        set["OTEL_TRACES_SAMPLER"] = "jaeger_remote";
        set["OTEL_TRACES_SAMPLER_ARG"] = "2";
        var problems = Assert.Throws<InvalidOperationException>(() => TelemetrySettings.Read(new ConfigurationBuilder().Build(), set.GetValueOrDefault)).Message;
        Assert.Contains("OTEL_TRACES_SAMPLER: 'jaeger_remote' is not permitted; expected one of always_on", problems, StringComparison.Ordinal);
        Assert.Contains("OTEL_TRACES_SAMPLER_ARG: '2' is not permitted; expected a number from 0 to 1", problems, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _provider?.Dispose();
        _source.Dispose();
    }

    private static TraceOptions Options { get; } = new() { Sampler = "parentbased_always_off", Ratio = 0, Slow = TimeSpan.FromSeconds(1), HeldSpans = 100, KeptPerSecond = 10 };

    private TailProcessor Tail { get; set; } = null!;

    private static ActivityContext Caller(bool? sampled) => sampled is not { } flag ? default
        : new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flag ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None, isRemote: true);

    private void Begin(TraceOptions options)
    {
        Tail = new TailProcessor(_sent, options, _time);
        _provider = Sdk.CreateTracerProviderBuilder().AddSource(_source.Name).SetSampler(new TraceSampler(options)).AddProcessor(Tail).Build();
    }

    private void Request(string name, Action<Activity> work)
    {
        using var root = _source.StartActivity(name, ActivityKind.Server, Caller(false))!;
        _source.StartActivity($"child of {name}")!.Dispose();
        work(root);
        root.SetEndTime(root.Duration == TimeSpan.Zero ? root.StartTimeUtc.AddMilliseconds(1) : root.StartTimeUtc + root.Duration); // however slow this machine is
    }

    private sealed class Sent : BaseProcessor<Activity>
    {
        public List<Activity> Spans { get; } = [];

        public IEnumerable<string> Names => Spans.Select(span => span.OperationName);

        public override void OnEnd(Activity data)
        {
            Assert.True(data.Recorded);
            Spans.Add(data);
        }
    }
}
