using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rag.Errors;
using Rag.Seams;
using Rag.Traces;
using Xunit;
using static Rag.Tests.Seams.SeamFixture;

namespace Rag.Tests.Seams;

public class SeamMetricsTests
{
    [Fact]
    public async Task Calls_are_counted_by_outcome_and_refusals_by_reason()
    {
        // Other tests of this process have seams too: theirs are told apart by the service's name.
        using var seam = new SeamFixture(settings: new() { ["seams:reranking:breaker_calls"] = "1000" });
        var call = new UnaryCall<IParrot, string, string>("Rank", static (s, r, stop) => s.SayAsync(r, stop), new CallPolicy());
        var peer = new FakePeer();
        var ranking = new Seam<IParrot>(new Contract<IParrot>("reranking", _ => peer, call), [peer], seam.Dependencies);
        var durations = 0;
        using var listener = new MeterListener();
        var seen = new Dictionary<string, long>();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Name == "Rag" && instrument.Name.StartsWith("rag.seam.", StringComparison.Ordinal))
                me.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => durations += Has(tags, "reranking") ? 1 : 0);
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        listener.Start();

        await ranking.CallAsync(call, "well", default);
        await ranking.CallAsync(call, "well", default);
        peer.Say = (_, _) => throw new RagException(RagError.NotFound, "no");
        await FailsAsync(RagError.NotFound, ranking.CallAsync(call, "", default).AsTask());
        peer.Say = FakePeer.Hang;
        var late = ranking.CallAsync(call, "", default).AsTask();
        seam.Time.Advance(Ms(500));
        await FailsAsync(RagError.DeadlineExceeded, late);
        await ExpiredAsync();
        listener.RecordObservableInstruments();

        Assert.Equal(2, seen["rag.seam.calls Rank ok"]);
        Assert.Equal(1, seen["rag.seam.calls Rank rejected"]);
        Assert.Equal(1, seen["rag.seam.calls Rank late"]);
        Assert.Equal(1, seen["rag.seam.calls Rank expired"]);
        Assert.Equal(1, seen["rag.seam.refusals expired"]);
        Assert.Equal(0, seen["rag.seam.refusals open"]);
        Assert.Equal(0, seen["rag.seam.breaker.state"]);
        Assert.Equal(0, seen["rag.seam.in_use"]);
        Assert.Equal(5, durations);

        async Task ExpiredAsync()
        {
            CallScope.Enter(seam.Time, Ms(1), Priority.Interactive);
            await FailsAsync(RagError.DeadlineExceeded, ranking.CallAsync(call, "", default).AsTask());
        }

        void Note(string name, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (Has(tags, "reranking"))
                seen[string.Join(' ', [name, .. tags.ToArray().Where(tag => tag.Key != "service").Select(tag => (string)tag.Value!)])] = value;
        }

        static bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags, string service) => tags.ToArray().Any(tag => tag.Key == "service" && Equals(tag.Value, service));
    }

    [Fact]
    public async Task A_call_has_a_span_when_somebody_listens_and_the_callers_span_stays_current()
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Rag",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                lock (spans)
                    spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var request = Spans.Begin("request", ActivityKind.Server, null)!;
        using var seam = new SeamFixture();
        await seam.SayAsync();
        await foreach (var _ in seam.Seam.StreamAsync(seam.Count, 2, default))
            Assert.Same(request, Activity.Current);
        seam.Peer.Say = (_, _) => throw new RagException(RagError.NotFound, "the secret text");
        await FailsAsync(RagError.NotFound, seam.SayAsync());
        Assert.Same(request, Activity.Current);

        var own = spans.Where(span => span.ParentId == request.Id).ToList();
        Assert.Equal(["rag.embedding/Say", "rag.embedding/Count", "rag.embedding/Say"], own.Select(span => span.OperationName));
        Assert.Equal((ActivityStatusCode.Error, "NotFound"), (own[2].Status, own[2].StatusDescription));
    }
}
