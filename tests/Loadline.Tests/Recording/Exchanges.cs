using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Tests.Recording;

/// <summary>Exchanges and recorders for tests; times in seconds since the run's start.</summary>
internal static class Exchanges
{
    public static readonly string[] Operations = ["query", "upload"];

    /// <summary>Hold from 10 s to 110 s, end at 120 s.</summary>
    public static readonly PhaseTimes Times = PhaseTimes.Of(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(10));

    public static Recorder Recorder(string? folder = null, Func<int>? users = null, int stripes = 2) =>
        new(new RecorderOptions { Operations = Operations, Times = Times, Folder = folder, Seed = 1, ActiveUsers = users ?? (() => 10), Stripes = stripes });

    /// <summary>A recorder of two scenarios a span from 40 s to 60 s and one of the hold phase before it, with the log's reader over its folder.</summary>
    public static Recorder RecorderOf(TemporaryFolder folder, Action<long, IReadOnlyList<LoggedHistogram>>? seconds = null, Func<int>? users = null) => new(new RecorderOptions
    {
        Operations = Operations,
        Scenarios = ["readers", "writers"],
        Spans = Spans,
        Times = Times,
        Folder = folder.Path,
        Seed = 1,
        Stripes = 2,
        ActiveUsers = users ?? (() => 10),
        SecondIsOver = seconds,
    });

    public static readonly RunSpan[] Spans = [new("outage", Nanoseconds(40), Nanoseconds(60)), new("before:outage", Nanoseconds(10), Nanoseconds(40))];

    public static RecordedLog Log(TemporaryFolder folder, double end = 120) => new(folder.Path, Operations, Times, Spans, Nanoseconds(end));

    /// <summary>Every value with its count: equal for histograms that are equal bit for bit.</summary>
    public static List<(long, long)> Content(HdrHistogram.HistogramBase histogram) =>
        [.. histogram.RecordedValues().Select(value => (value.ValueIteratedTo, value.CountAtValueIteratedTo))];

    public static Exchange Exchange(
        double due, double took, Outcome outcome = Outcome.Ok, string operation = "query", double late = 0, string? reason = null, bool? correct = null, string scenario = "default") => new()
        {
            Operation = operation,
            Scenario = scenario,
            Due = Nanoseconds(due),
            Sent = Nanoseconds(due + late),
            FirstByte = Nanoseconds(due + late + took / 2),
            End = Nanoseconds(due + late + took),
            Outcome = outcome,
            Reason = reason ?? (outcome is Outcome.Ok or Outcome.Degraded ? null : "http_500"),
            Correct = correct,
            RequestText = "POST /query",
            ResponseText = "text",
        };

    /// <summary>A stream of <paramref name="tokens"/> tokens: the first after a while, the others in equal steps.</summary>
    public static Exchange Stream(double due, double firstToken, int tokens, double gap, Outcome outcome = Outcome.Ok)
    {
        var exchange = Exchange(due, firstToken + (tokens - 1) * gap, outcome);
        exchange.FirstContent = Nanoseconds(due + firstToken);
        exchange.LastContent = exchange.End;
        exchange.Tokens = tokens;
        exchange.TokenGaps = [.. Enumerable.Repeat(Nanoseconds(gap), tokens - 1)];
        return exchange;
    }

    public static long Nanoseconds(double seconds) => (long)Math.Round(seconds * 1e9);
}
