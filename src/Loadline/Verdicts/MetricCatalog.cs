using HdrHistogram;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Verdicts;

/// <summary>A measured metric, as summaries list it.</summary>
/// <param name="Value">In its unit.</param>
/// <param name="Unit"><c>s</c>, <c>%</c>, <c>tok/s</c>, <c>1/s</c> or <c>users</c>.</param>
/// <param name="Samples">How many samples it rests on.</param>
/// <param name="Interval">The 95 % confidence interval of a percentile; null where there is none.</param>
public sealed record MetricValue(double Value, string Unit, long Samples, Interval95? Interval = null);

/// <summary>Every metric, once: objectives, summaries, docs/metrics.md and errors read this list.</summary>
public static class MetricCatalog
{
    private const double Microseconds = 1e6, Thousandths = 1e3;

    internal static IReadOnlyList<Metric> All { get; } =
    [
        Times("", "Response time: from the moment the request was due to the end of the response, so that waiting in the load generator counts. Of ok and degraded exchanges.", (_, o) => o.AnsweredResponse),
        Times("service", "Service time: from sending to the end of the response. Of ok and degraded exchanges.", (_, o) => o.AnsweredService),
        Times("ttft", "Time to first token: from sending to the first non-empty content of a stream; headers, role chunks and citations don't count. Of answered streams.", (_, o) => o.FirstToken),
        Times("gap", "Between two content events of a stream, the first token left out. Of answered streams; a sample a gap.", (_, o) => o.TokenGap),
        new DistributionMetric("generation.speed", MetricUnit.TokensPerSecond, MoreIsBetter: true, PerOperation: true,
            "Tokens per second of one answer: (tokens − 1) ÷ (last content − first content), so the wait for the first token does not count. Of answered streams with two tokens or more that did not come in one piece; tokens are the target's own count where it gives one, otherwise content events. Without a statistic it is the median answer (p50); generation.speed.p5 is the speed that 95 of 100 answers reach.",
            Thousandths, (_, o) => o.Speed, OverAnswered: true) { Standard = Statistic.Of(50) },
        new DistributionMetric("searchable", MetricUnit.Seconds, MoreIsBetter: false, PerOperation: false,
            "Document processing time: from an upload's acceptance to the first poll that found it searchable; includes at most one polling interval of error. Of watched uploads that became searchable.",
            Microseconds, (hold, _) => hold.Searchable, OverAnswered: false),
        new DistributionMetric("lateness", MetricUnit.Seconds, MoreIsBetter: false, PerOperation: true,
            "How late the load generator itself sent: from due to sending. Of all exchanges.", Microseconds, (_, o) => o.Lateness, OverAnswered: false),
        new DistributionMetric("felt", MetricUnit.Seconds, MoreIsBetter: false, PerOperation: true,
            "What a user that retries felt: from the moment the first try was due to the answer in the end, waits between tries included. Of requests that were answered in the end; plans with `retry` only.",
            Microseconds, (_, o) => o.Felt, OverAnswered: true) { AskedOf = o => (o.Requests, o.GivenUp) },

        new DistributionMetric("fallback", MetricUnit.Seconds, MoreIsBetter: false, PerOperation: true,
            "How soon a degraded answer came: from due to the first content of a stream, or to the end of another answer. Of degraded exchanges, in the hold phase or, with `during`, in a fault. Where none was degraded and some failed there was no fallback, which is a failure.",
            Microseconds, (_, o) => o.Fallback, OverAnswered: false)
        {
            AskedOf = o => o.Counts[Outcome.Degraded] > 0 ? (0, 0) : (o.Counts.Errors, o.Counts.Errors),
            WhenNone = failed => $"there was no fallback: nothing was answered without a part, and {failed} failed",
        },
        new FaultMetric("breaker.trigger", "How long a fault left users hanging: from its beginning until no more than one in a hundred of a second's exchanges timed out or failed after more than a second; a degraded answer and a fast refusal don't hang. Seen from the client alone. Of several faults the worst; `during NAME` asks of one.", fault => fault.Trigger),
        new FaultMetric("recovery", "From a fault's end to the first 5 s in which every objective of the hold phase holds that 5 s can answer, and answers are no more degraded than before the fault (1 % or half as many again). Of several faults the worst; `during NAME` asks of one.", fault => fault.Recovery),
        new FaultMetric("queue.drain", "From a fault's end until watched uploads wait no longer to be searchable than before it (twice its 95th percentile, a second at least), for 5 s. Seen from the client alone, within a polling interval. Of several faults the worst; `during NAME` asks of one.", fault => fault.Drain),

        Share("felt.errors", false, "Requests that users gave up after all their tries, of all requests of users that retry.", (_, o) => o.GivenUp, (_, o) => o.Requests),
        new NumberMetric("attempts.mean", MetricUnit.Tries, PerOperation: true, "Tries per request of users that retry: what retries make of the load.",
            (_, o) => new(o.Attempts?.GetMean(), o.Requests), Needed: 1) { MoreIsBetter = false },
        new NumberMetric("sent", MetricUnit.Percent, PerOperation: false, "Arrivals of open loads that were sent, of all that were due; the others were dropped, because more waited for a user than the plan lets wait. Every plan with an open load has the objective sent >= 99.9%, unless it has one of its own. A count and no sample: it can be judged from the first arrival on.",
            (hold, _) => hold.ArrivalsSent + hold.ArrivalsDropped is > 0 and var due ? new(100.0 * hold.ArrivalsSent / due, due) : new(null, 0), Needed: 1),
        new NumberMetric("answered", MetricUnit.Requests, PerOperation: true, "Exchanges that were answered (ok or degraded), of those due in this part of the run, whenever the answer came: a count. Over a burst's span it says how much of the burst was absorbed: answered{scenario:burst} >= 1000 during burst. A count and no sample: it can be judged from the first exchange on.",
            (_, o) => new(o.Counts.Total > 0 ? o.Counts.Answered : null, o.Counts.Total), Needed: 1) { NothingIsZero = true },
        new DistributionMetric("granted", MetricUnit.Requests, MoreIsBetter: true, PerOperation: false,
            "What a limit lets through: requests of one user in one minute that were not refused; a sample a user and minute. Of closed loads without `retry`, in whole minutes since the user came, those in which nothing of the user's was refused left out: they say nothing of the limit. granted.min is the least that a user got, granted.max the most.",
            Scale: 1, (hold, _) => hold.Granted, OverAnswered: false),
        Share("throttled.retry_after", true, "Refusals (429) that said when to come again (Retry-After), of all refusals.", (_, o) => o.ToldWhen, (_, o) => o.Counts[Outcome.Throttled]),
        Share("refused.silent", false, "Refusals, by a limit (429) or for overload (503), that did not say when to come again (Retry-After), of all exchanges.", (_, o) => o.NotToldWhen, (_, o) => o.Counts.Total),
        Of("degraded", "Response time of degraded exchanges alone, from due.", Outcome.Degraded),
        Of("throttled", "Time from due until a limit had refused the exchange (429).", Outcome.Throttled),
        Of("failed", "Time from due until the exchange had failed.", Outcome.Failed),
        Of("timed_out", "Time from due until the exchange was given up.", Outcome.TimedOut),

        Share("errors", false, "Failed and timed out exchanges of all exchanges.", (_, o) => o.Counts.Errors, (_, o) => o.Counts.Total),
        Share("success", true, "Ok and degraded exchanges of all exchanges.", (_, o) => o.Counts.Answered, (_, o) => o.Counts.Total),
        Share("availability", true, "Exchanges that neither failed nor timed out, of all that no limit refused: a 429 is an answer that says when to come again, and is not counted either way.",
            (_, o) => o.Counts.Answered, (_, o) => o.Counts.Total - o.Counts[Outcome.Throttled]),
        new ShareMetric("availability.seconds", true, PerOperation: false, "Whole seconds in which at least half of the exchanges that ended (those refused by a limit left out) were answered, of all whole seconds in which one ended. A target that hangs shows here once its exchanges time out.",
            (hold, _) => hold.AvailableSeconds, (hold, _) => hold.CountedSeconds) { AfterTheRun = true },
        Share("degraded", false, "Exchanges that the target answered and said a part was missing, of all exchanges.", (_, o) => o.Counts[Outcome.Degraded], (_, o) => o.Counts.Total),
        Share("throttled", false, "Exchanges that a limit refused (429), of all exchanges.", (_, o) => o.Counts[Outcome.Throttled], (_, o) => o.Counts.Total),
        Share("failed", false, "Exchanges that failed, of all exchanges.", (_, o) => o.Counts[Outcome.Failed], (_, o) => o.Counts.Total),
        Share("timed_out", false, "Exchanges that had not ended within the plan's time-out, of all exchanges.", (_, o) => o.Counts[Outcome.TimedOut], (_, o) => o.Counts.Total),
        Share("correct", true, "Right answers, of the answers that the data can tell right from wrong.", (_, o) => o.Counts.Correct, (_, o) => o.Counts.Correct + o.Counts.Wrong),
        new ShareMetric("searchable.success", true, PerOperation: false, "Watched uploads that became searchable, of all watched uploads.",
            (hold, _) => hold.Searchable?.TotalCount ?? 0, (hold, _) => (hold.Searchable?.TotalCount ?? 0) + (hold.NotSearchable?.TotalCount ?? 0)),

        new NumberMetric("rps", MetricUnit.PerSecond, PerOperation: true, "Throughput: exchanges of the mix that were due in the hold phase and were answered (ok or degraded), per second of the phase.",
            (hold, o) => new(hold.Seconds > 0 && o.Counts.Total > 0 ? o.Counts.Answered / hold.Seconds : null, o.Counts.Total), Needed: 1) { NothingIsZero = true },
        new NumberMetric("users", MetricUnit.Users, PerOperation: false, "Concurrently active users: the least number seen in the hold phase, sampled each second, its first second left out.",
            (hold, _) => new(hold.LeastUsers, hold.UserSamples), Needed: 1) { AfterTheRun = true },

        .. InsideMetric.All.Select(inside => new ToldMetric(inside) { AfterTheRun = true, Standard = inside.Kind == InsideKind.Times ? null : Statistic.Read("mean") }),
    ];

    /// <summary>Every metric that has a value over the hold phase, for all operations together and for each, by its full name.</summary>
    public static IReadOnlyDictionary<string, MetricValue> Measure(Recorded recorded) => Measure(recorded.Hold, null);

    /// <summary>Every metric that has a value over a part of the run, for all operations together and for each, by its full name.</summary>
    /// <param name="hold">The part.</param>
    /// <param name="selector">What the part was selected by, such as <c>scenario:readers</c>: part of the names; then metrics of the whole run are left out.</param>
    public static IReadOnlyDictionary<string, MetricValue> Measure(PhaseTotals hold, string? selector)
    {
        var values = new Dictionary<string, MetricValue>();
        var suffix = selector is null ? "" : $"{{{selector}}}";
        var all = hold.All();
        foreach (var metric in All.Where(metric => metric is not ToldMetric))
        {
            if (selector is null || metric.PerOperation)
                Add(null, all);
            if (!metric.PerOperation)
                continue;
            foreach (var operation in hold.Operations)
                Add(operation.Name, operation);

            void Add(string? name, OperationTotals operation)
            {
                foreach (var statistic in metric.IsDistribution ? Statistics(metric) : [null])
                    if (metric.Measure(hold, operation, statistic) is { Value: { } value } measured)
                        values[metric.FullName(name, statistic) + suffix] = new MetricValue(value, metric.Unit.Symbol, measured.Samples, measured.Interval);
            }
        }
        return values;
    }

    /// <summary>The metrics of faults, of all of a run's faults the worst; those that were not reached or can't be told are left out.</summary>
    public static IReadOnlyDictionary<string, MetricValue> Measure(IReadOnlyList<Recovery.FaultFigures> faults) =>
        (from metric in All.OfType<FaultMetric>()
         let worst = metric.Worst(faults)
         where worst?.Figure.Seconds is not null
         select KeyValuePair.Create(metric.Name, new MetricValue(worst.Value.Figure.Seconds!.Value, metric.Unit.Symbol, worst.Value.Figure.Samples))).ToDictionary();

    /// <summary>A value with its unit, for people; units are those of <see cref="MetricValue"/>.</summary>
    public static string Text(double value, string unit) =>
        All.Select(metric => metric.Unit).FirstOrDefault(known => known.Symbol == unit)?.Text(value) ?? $"{value} {unit}";

    /// <summary>The table of docs/metrics.md of what is seen from outside.</summary>
    public static string Markdown() => string.Concat(All.Where(metric => metric is not ToldMetric).Select(metric =>
    {
        var name = metric.Name.Length == 0 ? "`.p95` (any statistic)" : metric.IsDistribution ? $"`{metric.Name}.p95`" : $"`{metric.Name}`";
        return $"| {name} | {(metric.PerOperation ? "yes" : "no")} | {metric.Unit.Symbol} | {(metric.MoreIsBetter ? "more" : "less")} | {metric.Includes} |\n";
    }));

    /// <summary>The table of docs/metrics.md of what the target tells of itself.</summary>
    public static string MarkdownOfInside() => string.Concat(All.OfType<ToldMetric>().Select(metric =>
        $"| `{metric.Name}{(metric.Of.Kind == InsideKind.Times ? ".p95" : "")}` | {string.Join(", ", metric.Of.Labels.Select(label => $"`{label}`"))} | {metric.Unit.Symbol} | {(metric.MoreIsBetter ? "more" : "less")} | {metric.Includes} |\n"));

    // For speeds the slow end is the one to look at.
    private static IEnumerable<Statistic?> Statistics(Metric metric) => metric.MoreIsBetter ? [Statistic.Of(5), .. Statistic.Reported] : Statistic.Reported;

    private static DistributionMetric Times(string name, string includes, Func<PhaseTotals, OperationTotals, HdrHistogram.LongHistogram?> of) =>
        new(name, MetricUnit.Seconds, MoreIsBetter: false, PerOperation: true, includes, Microseconds, of, OverAnswered: true);

    private static DistributionMetric Of(string name, string includes, Outcome outcome) =>
        new(name, MetricUnit.Seconds, MoreIsBetter: false, PerOperation: true, includes, Microseconds, (_, o) => o.Response(outcome), OverAnswered: false);

    private static ShareMetric Share(string name, bool moreIsBetter, string includes, Func<PhaseTotals, OperationTotals, long> part, Func<PhaseTotals, OperationTotals, long> whole) =>
        new(name, moreIsBetter, PerOperation: true, includes, part, whole);
}
