using HdrHistogram;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>
/// Everything recorded of one phase, or of another stretch of the run (<see cref="Selection"/>): an exchange belongs to the phase and the spans in which it was due.
/// </summary>
public sealed class PhaseTotals
{
    private readonly OperationTotals[] _operations;

    internal PhaseTotals(Phase phase, IReadOnlyList<string> operations)
    {
        Phase = phase;
        _operations = [.. operations.Select(name => new OperationTotals(name)), new OperationTotals("*")];
    }

    /// <summary>The phase; of a span, the one that it begins in.</summary>
    public Phase Phase { get; }

    /// <summary>How long it lasted, in seconds; less than planned when the run was cut short.</summary>
    public double Seconds { get; internal set; }

    /// <summary>Operation by operation, in the plan's order.</summary>
    public IReadOnlyList<OperationTotals> Operations => _operations.AsSpan(0, _operations.Length - 1).ToArray();

    /// <summary>All operations together.</summary>
    public OperationTotals All()
    {
        var all = new OperationTotals("*");
        foreach (var operation in _operations)
            all.Add(operation);
        return all;
    }

    /// <summary>Upload's acceptance → searchable, in microseconds; null without a sample.</summary>
    public LongHistogram? Searchable => Rest.Get(Measure.Searchable);

    /// <summary>Upload's acceptance → given up, in microseconds; null without a sample.</summary>
    public LongHistogram? NotSearchable => Rest.Get(Measure.NotSearchable);

    /// <summary>The least number of active users seen at any second's sample, the phase's first second left out; null without a sample.</summary>
    public int? LeastUsers { get; internal set; }

    /// <summary>Arrivals of open loads that a user took.</summary>
    public long ArrivalsSent => Rest.Get(Measure.Arrival)?.GetCountAtValue(1) ?? 0;

    /// <summary>Arrivals of open loads that were dropped, because too many waited for a user.</summary>
    public long ArrivalsDropped => Rest.Get(Measure.Arrival)?.GetCountAtValue(0) ?? 0;

    /// <summary>What users got of the minutes in which a limit refused them something: requests, a sample a user and minute; null without a sample.</summary>
    public LongHistogram? Granted => Rest.Get(Measure.Granted);

    /// <summary>How many samples <see cref="LeastUsers"/> rests on.</summary>
    public long UserSamples { get; internal set; }

    /// <summary>Whole seconds of the phase in which an exchange ended that no limit refused.</summary>
    public long CountedSeconds { get; internal set; }

    /// <summary>Those of <see cref="CountedSeconds"/> in which at least half of these exchanges were answered.</summary>
    public long AvailableSeconds { get; internal set; }

    private OperationTotals Rest => _operations[^1];

    internal OperationTotals At(int operation) => _operations[operation];

    /// <summary>Takes over what the log does not have: the classes of failure, of the same operations over a longer stretch.</summary>
    internal void TakeUnlogged(PhaseTotals longer)
    {
        for (var i = 0; i < _operations.Length; i++)
            _operations[i].Counts.TakeUnlogged(longer._operations[i].Counts);
    }

    /// <summary>Adds a histogram of the log; one of an unknown operation is left out.</summary>
    internal void Add(LoggedHistogram logged)
    {
        var name = logged.Tag.Operation == LogTag.Everything ? Rest.Name : logged.Tag.Operation;
        if (Array.Find(_operations, operation => operation.Name == name) is not { } totals)
            return;
        var count = totals.Add(logged);
        totals.Counts.Add(logged.Tag.Measure, count);
    }

    /// <summary>Adds what another recorder recorded of the same phase and the same operations.</summary>
    internal void Add(PhaseTotals other)
    {
        for (var i = 0; i < _operations.Length; i++)
            _operations[i].Add(other._operations[i]);
    }
}

/// <summary>Everything recorded of one operation in one phase. Histograms are in microseconds (speeds in thousandths of a token per second).</summary>
public sealed class OperationTotals
{
    private static readonly Outcome[] AllOutcomes = Enum.GetValues<Outcome>();

    private readonly LongHistogram?[] _histograms = new LongHistogram?[Measures.Count];

    internal OperationTotals(string name) => Name = name;

    /// <summary>The operation's name.</summary>
    public string Name { get; }

    /// <summary>Outcomes, reasons, right and wrong answers, tokens.</summary>
    public OperationCounts Counts { get; } = new();

    /// <summary>Due → end of one outcome; null without a sample.</summary>
    public LongHistogram? Response(Outcome outcome) => Get(Measures.Response(outcome));

    /// <summary>Sent → end of one outcome; null without a sample.</summary>
    public LongHistogram? Service(Outcome outcome) => Get(Measures.Service(outcome));

    /// <summary>Due → end of ok and degraded exchanges; null without a sample.</summary>
    public LongHistogram? AnsweredResponse => Histograms.Sum(Response(Outcome.Ok), Response(Outcome.Degraded));

    /// <summary>Sent → end of ok and degraded exchanges; null without a sample.</summary>
    public LongHistogram? AnsweredService => Histograms.Sum(Service(Outcome.Ok), Service(Outcome.Degraded));

    /// <summary>Due → end of all other exchanges; null without a sample.</summary>
    public LongHistogram? FailureResponse => Histograms.Sum(Response(Outcome.Throttled), Response(Outcome.Failed), Response(Outcome.TimedOut));

    /// <summary>Sent → first content of answered streams; null without a sample.</summary>
    public LongHistogram? FirstToken => Get(Measure.FirstToken);

    /// <summary>Due → first content of a stream, or the end of another answer, of degraded exchanges; null without a sample.</summary>
    public LongHistogram? Fallback => Get(Measure.Fallback);

    /// <summary>Between content events of answered streams; null without a sample.</summary>
    public LongHistogram? TokenGap => Get(Measure.TokenGap);

    /// <summary>Thousandths of a token per second, an answered stream each; null without a sample.</summary>
    public LongHistogram? Speed => Get(Measure.Speed);

    /// <summary>First due → answer in the end, of users that retry; null without a sample.</summary>
    public LongHistogram? Felt => Get(Measure.Felt);

    /// <summary>Tries of each request of users that retry, answered in the end or given up; null without a sample.</summary>
    public LongHistogram? Attempts => Get(Measure.Attempts);

    /// <summary>Requests of users that retry, each with all its tries.</summary>
    public long Requests => Attempts?.TotalCount ?? 0;

    /// <summary>Those of <see cref="Requests"/> that no try answered.</summary>
    public long GivenUp => Requests - (Felt?.TotalCount ?? 0);

    /// <summary>Due → sent: how late the load generator itself was; null without a sample.</summary>
    public LongHistogram? Lateness => Get(Measure.Lateness);

    /// <summary>Exchanges that a limit refused and told when to come again.</summary>
    public long ToldWhen => Get(Measure.RetryAfter)?.GetCountAtValue(1) ?? 0;

    /// <summary>Exchanges that were refused, by a limit or with 503, and not told when to come again.</summary>
    public long NotToldWhen => Get(Measure.RetryAfter) is { } refused ? refused.GetCountAtValue(0) + refused.GetCountAtValue(2) : 0;

    /// <summary>The totals as the run's summary has them.</summary>
    /// <param name="seconds">The phase's length.</param>
    public OperationSummary Summary(double seconds) => new()
    {
        Name = Name,
        Outcomes = AllOutcomes.ToDictionary(Measures.Name, outcome => Counts[outcome]),
        PerSecond = seconds > 0 ? Counts.Total / seconds : 0,
        ResponseTime = AnsweredResponse.Summary(),
        ServiceTime = AnsweredService.Summary(),
        FailureTime = FailureResponse.Summary(),
        TimeToFirstToken = FirstToken.Summary(),
        TimeBetweenTokens = TokenGap.Summary(),
        Reasons = Counts.Reasons,
    };

    internal LongHistogram? Get(Measure measure) => _histograms[(int)measure];

    internal void Add(Measure measure, HistogramBase histogram) => (_histograms[(int)measure] ??= Histograms.NewTotal()).Add(histogram);

    /// <summary>Adds a histogram of the log.</summary>
    /// <returns>Samples that came with it, and how many of them are 1.</returns>
    internal LoggedCounts Add(LoggedHistogram logged)
    {
        var total = _histograms[(int)logged.Tag.Measure] ??= Histograms.NewTotal();
        var (before, ones) = (total.TotalCount, total.GetCountAtValue(1));
        logged.AddTo(total);
        return new(total.TotalCount - before, total.GetCountAtValue(1) - ones);
    }

    internal void Add(OperationTotals other)
    {
        Counts.Add(other.Counts);
        for (var i = 0; i < _histograms.Length; i++)
            if (other._histograms[i] is { } theirs)
                Add((Measure)i, theirs);
    }
}

/// <summary>Samples that a histogram brought.</summary>
internal readonly record struct LoggedCounts(long All, long Ones);
