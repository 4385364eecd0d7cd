using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Vectors;
using Rag.Vectors.Moves;
using Xunit;

namespace Rag.Tests.Vectors.Moves;

/// <summary>Behind a lock in the database every search is given up at its cap: if those were not measured, the times would show nothing.</summary>
public class GivenUpTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rag.vectors.search.duration", 0.253)]
    [InlineData("rag.vectors.replace.duration", 10.007)]
    public async Task A_call_that_was_given_up_is_measured_with_the_time_until_then(string instrument, double seconds)
    {
        var measured = new ConcurrentBag<double>();
        using var listener = Listen(instrument, measured);
        var time = new FakeTimeProvider();
        await using var vectors = new ModelVectors(new Locked(), new MoveSettings(TimeSpan.FromSeconds(60)), time, NullLogger<ModelVectors>.Instance);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var call = instrument.Contains("search", StringComparison.Ordinal)
            ? vectors.SearchAsync(new VectorSearch("t", Make.Model, new float[Make.Model.Dimensions], 3, null), giveUp.Token).AsTask()
            : vectors.ReplaceAsync([], giveUp.Token).AsTask();
        time.Advance(TimeSpan.FromSeconds(seconds));
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Contains(measured, value => Math.Abs(value - seconds) < 1e-6);
    }

    private static MeterListener Listen(string instrument, ConcurrentBag<double> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, self) =>
            {
                if (published.Meter.Name == "Rag" && published.Name == instrument)
                    self.EnableMeasurementEvents(published);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => measured.Add(value));
        listener.Start();
        return listener;
    }

    // A server whose tables somebody else has locked.
    private sealed class Locked : IVectorIndexes, IVectors
    {
        public bool IsShared => true;

        public ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken) => ValueTask.FromResult<VectorPlan?>(null);

        public ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken) => ValueTask.FromResult(true);

        public ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => ValueTask.FromResult<IVectors>(this);

        public ValueTask DropAsync(int number, CancellationToken cancellationToken) => default;

        public ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken) => await Task.Delay(Timeout.Infinite, cancellationToken);

        public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => await Task.Delay(Timeout.Infinite, cancellationToken);

        public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return [];
        }

        public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
