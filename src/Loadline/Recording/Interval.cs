using HdrHistogram;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>
/// What was recorded in one second, by slice of the run and by key: a key is an operation of a scenario. The last key is a pseudo-operation for what belongs
/// to none. Written under its stripe's lock until the second is over; then it is the flusher's alone.
/// </summary>
internal sealed class Interval(int slices, int keys, HistogramPool pool)
{
    // Exchanges that end in one second were due in a few slices of many: the others stay null.
    private readonly Cells?[] _slices = new Cells?[slices];

    public IntHistogram? Histogram(int slice, int key, Measure measure) => _slices[slice]?.Histograms[Index(key, measure)];

    public OperationCounts? Counts(int slice, int key) => _slices[slice]?.Counts[key];

    /// <summary>Whether anything was recorded in a slice.</summary>
    public bool Has(int slice) => _slices[slice] is not null;

    /// <summary>Records an exchange into its key's histograms.</summary>
    public void Record(int slice, int key, Exchange exchange)
    {
        var cells = At(slice);
        (cells.Counts[key] ??= new()).Count(exchange);
        if (exchange.End < 0)
            return;
        var sent = exchange.Sent >= 0 ? exchange.Sent : exchange.End;
        var due = exchange.Due >= 0 ? exchange.Due : sent;
        RecordTime(cells, key, Measures.Response(exchange.Outcome), exchange.End - due);
        RecordTime(cells, key, Measures.Service(exchange.Outcome), exchange.End - sent);
        RecordTime(cells, key, Measure.Lateness, sent - due - exchange.Waited);
        if (exchange.Correct is { } correct)
            At(cells, key, Measure.Correct).RecordValue(correct ? 1 : 0);
        if (exchange.Outcome == Outcome.Degraded)
            RecordTime(cells, key, Measure.Fallback, (exchange.FirstContent >= 0 ? exchange.FirstContent : exchange.End) - due);
        if (exchange.Outcome == Outcome.Throttled || exchange is { Outcome: Outcome.Failed, Status: 503 })
            At(cells, key, Measure.RetryAfter).RecordValue((exchange.Outcome == Outcome.Throttled ? 0 : 2) + (exchange.RetryAfter is null ? 0 : 1));
        if (exchange.FirstContent >= 0 && exchange.Outcome is Outcome.Ok or Outcome.Degraded)
            RecordStream(cells, key, exchange, sent);
    }

    /// <summary>Records what a user felt.</summary>
    public void RecordFelt(int slice, int key, Felt felt)
    {
        var cells = At(slice);
        At(cells, key, Measure.Attempts).RecordValue(felt.Attempts);
        if (felt.Answered)
            RecordTime(cells, key, Measure.Felt, felt.End - felt.Due);
    }

    /// <summary>Records an arrival.</summary>
    public void RecordArrival(int slice, int key, bool sent) => At(At(slice), key, Measure.Arrival).RecordValue(sent ? 1 : 0);

    /// <summary>Records what a user got of a minute.</summary>
    public void RecordGranted(int slice, int key, int requests) => At(At(slice), key, Measure.Granted).RecordValue(requests);

    /// <summary>Records a time in nanoseconds.</summary>
    public void RecordTime(int slice, int key, Measure measure, long nanoseconds) => RecordTime(At(slice), key, measure, nanoseconds);

    /// <summary>Takes what another stripe recorded in the same second; the other is empty afterwards.</summary>
    public void Absorb(Interval other)
    {
        for (var slice = 0; slice < _slices.Length; slice++)
        {
            if (other._slices[slice] is not { } theirs)
                continue;
            if (_slices[slice] is { } mine)
                mine.Absorb(theirs, pool);
            else
                _slices[slice] = theirs;
            other._slices[slice] = null;
        }
    }

    /// <summary>Gives the histograms back to the pool.</summary>
    public void Release()
    {
        foreach (ref var cells in _slices.AsSpan())
        {
            foreach (var histogram in cells?.Histograms ?? [])
                if (histogram is not null)
                    pool.Return(histogram);
            cells = null;
        }
    }

    // Tokens ÷ time says nothing of one token, nor of an answer that came in one piece.
    private void RecordStream(Cells cells, int key, Exchange exchange, long sent)
    {
        RecordTime(cells, key, Measure.FirstToken, exchange.FirstContent - sent);
        if (exchange.Tokens > 1 && exchange.LastContent > exchange.FirstContent)
        {
            var perSecond = (exchange.Tokens - 1) * 1e9 / (exchange.LastContent - exchange.FirstContent);
            At(cells, key, Measure.Speed).RecordValue((long)Math.Min(perSecond * 1000, Histograms.Highest));
        }
        if (exchange.TokenGaps is not { Count: > 0 } gaps)
            return;
        var histogram = At(cells, key, Measure.TokenGap);
        foreach (var gap in gaps)
            histogram.RecordValue(Histograms.Microseconds(gap));
    }

    private void RecordTime(Cells cells, int key, Measure measure, long nanoseconds) =>
        At(cells, key, measure).RecordValue(Histograms.Microseconds(nanoseconds));

    private Cells At(int slice) => _slices[slice] ??= new Cells(keys);

    private IntHistogram At(Cells cells, int key, Measure measure) => cells.Histograms[Index(key, measure)] ??= pool.Rent();

    private static int Index(int key, Measure measure) => key * Measures.Count + (int)measure;

    private sealed class Cells(int keys)
    {
        public IntHistogram?[] Histograms { get; } = new IntHistogram?[(keys + 1) * Measures.Count];

        public OperationCounts?[] Counts { get; } = new OperationCounts?[keys + 1];

        public void Absorb(Cells other, HistogramPool pool)
        {
            for (var i = 0; i < Histograms.Length; i++)
            {
                if (other.Histograms[i] is not { } theirs)
                    continue;
                if (Histograms[i] is { } mine)
                {
                    mine.Add(theirs);
                    pool.Return(theirs);
                }
                else
                    Histograms[i] = theirs;
            }
            for (var i = 0; i < Counts.Length; i++)
            {
                if (other.Counts[i] is not { } theirs)
                    continue;
                if (Counts[i] is { } mine)
                    mine.Add(theirs);
                else
                    Counts[i] = theirs;
            }
        }
    }
}
