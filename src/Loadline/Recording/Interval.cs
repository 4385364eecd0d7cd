using HdrHistogram;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>
/// What was recorded in one second, by phase and operation. The last operation index is a pseudo-operation for what belongs to none. Written under its
/// stripe's lock until the second is over; then it is the flusher's alone.
/// </summary>
internal sealed class Interval(int operations, HistogramPool pool)
{
    private const int Phases = 3;

    private readonly IntHistogram?[] _histograms = new IntHistogram?[Phases * (operations + 1) * Measures.Count];
    private readonly OperationCounts?[] _counts = new OperationCounts?[Phases * (operations + 1)];

    public IntHistogram? Histogram(Phase phase, int operation, Measure measure) => _histograms[Index(phase, operation, measure)];

    public OperationCounts? Counts(Phase phase, int operation) => _counts[(int)phase * (operations + 1) + operation];

    /// <summary>Records an exchange into its operation's histograms.</summary>
    public void Record(Phase phase, int operation, Exchange exchange)
    {
        CountsAt(phase, operation).Count(exchange);
        if (exchange.End < 0)
            return;
        var sent = exchange.Sent >= 0 ? exchange.Sent : exchange.End;
        var due = exchange.Due >= 0 ? exchange.Due : sent;
        RecordTime(phase, operation, Measures.Response(exchange.Outcome), exchange.End - due);
        RecordTime(phase, operation, Measures.Service(exchange.Outcome), exchange.End - sent);
        RecordTime(phase, operation, Measure.Lateness, sent - due - exchange.Waited);
        if (exchange.FirstContent >= 0 && exchange.Outcome is Outcome.Ok or Outcome.Degraded)
            RecordStream(phase, operation, exchange, sent);
    }

    /// <summary>Records what a user felt.</summary>
    public void RecordFelt(Phase phase, int operation, Felt felt)
    {
        CountsAt(phase, operation).CountFelt(felt);
        if (felt.Answered)
            RecordTime(phase, operation, Measure.Felt, felt.End - felt.Due);
    }

    /// <summary>Records an arrival.</summary>
    public void RecordArrival(Phase phase, int operation, bool sent) => CountsAt(phase, operation).CountArrival(sent);

    /// <summary>Records a time in nanoseconds.</summary>
    public void RecordTime(Phase phase, int operation, Measure measure, long nanoseconds) =>
        At(phase, operation, measure).RecordValue(Histograms.Microseconds(nanoseconds));

    /// <summary>Takes what another stripe recorded in the same second; the other is empty afterwards.</summary>
    public void Absorb(Interval other)
    {
        for (var i = 0; i < _histograms.Length; i++)
        {
            if (other._histograms[i] is not { } theirs)
                continue;
            if (_histograms[i] is { } mine)
            {
                mine.Add(theirs);
                pool.Return(theirs);
            }
            else
                _histograms[i] = theirs;
            other._histograms[i] = null;
        }
        for (var i = 0; i < _counts.Length; i++)
        {
            if (other._counts[i] is not { } theirs)
                continue;
            if (_counts[i] is { } mine)
                mine.Add(theirs);
            else
                _counts[i] = theirs;
        }
    }

    /// <summary>Gives the histograms back to the pool.</summary>
    public void Release()
    {
        foreach (ref var histogram in _histograms.AsSpan())
        {
            if (histogram is not null)
                pool.Return(histogram);
            histogram = null;
        }
    }

    // Tokens ÷ time says nothing of one token, nor of an answer that came in one piece.
    private void RecordStream(Phase phase, int operation, Exchange exchange, long sent)
    {
        RecordTime(phase, operation, Measure.FirstToken, exchange.FirstContent - sent);
        if (exchange.Tokens > 1 && exchange.LastContent > exchange.FirstContent)
        {
            var perSecond = (exchange.Tokens - 1) * 1e9 / (exchange.LastContent - exchange.FirstContent);
            At(phase, operation, Measure.Speed).RecordValue((long)Math.Min(perSecond * 1000, Histograms.Highest));
        }
        if (exchange.TokenGaps is not { Count: > 0 } gaps)
            return;
        var histogram = At(phase, operation, Measure.TokenGap);
        foreach (var gap in gaps)
            histogram.RecordValue(Histograms.Microseconds(gap));
    }

    private OperationCounts CountsAt(Phase phase, int operation) => _counts[(int)phase * (operations + 1) + operation] ??= new();

    private IntHistogram At(Phase phase, int operation, Measure measure) => _histograms[Index(phase, operation, measure)] ??= pool.Rent();

    private int Index(Phase phase, int operation, Measure measure) => ((int)phase * (operations + 1) + operation) * Measures.Count + (int)measure;
}
