using System.Collections.Concurrent;
using Loadline.Recording;
using Loadline.Wire;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts;

/// <summary>A healthy run of 100 s hold phase, and the same with one planted defect.</summary>
internal static class Planted
{
    // Made once: nothing writes to a completed recording.
    private static readonly ConcurrentDictionary<(string Defect, double Until), Recorded> Runs = [];

    /// <summary>10 queries (streams of 200 ms) and 10 uploads a second.</summary>
    public static Recorded Run(string defect = "", double until = 120) => Runs.GetOrAdd((defect, until), key => Make(key.Defect, key.Until));

    private static Recorded Make(string defect, double until)
    {
        var users = defect == "users lost" ? 999 : 1000;
        using var recorder = Recorder(users: () => users);
        recorder.Flush(Nanoseconds(10.3));
        for (var i = 0; i < (defect == "few" ? 200 : 1000); i++)
        {
            var due = 10 + i * 0.1;
            if (due >= until)
                break;
            recorder.Record(Query(defect, due, i));
            recorder.Record(Exchange(due + 0.01, 0.05, Upload(defect, due, i), "upload"));
            var searchable = Nanoseconds(defect == "slow indexing" && i % 10 == 0 ? 12 : 1);
            recorder.RecordSearchable(searchable, defect == "never searchable" && i % 20 == 0 ? Outcome.TimedOut : Outcome.Ok, Nanoseconds(due) + searchable);
            if (i % 10 == 9)
                recorder.Flush(Nanoseconds(due + 0.5));
        }
        return recorder.Complete(Nanoseconds(until));
    }

    /// <summary>Queries of 100 ms in the hold phase.</summary>
    public static Recorded Quick(int count, Outcome outcome = Outcome.Ok)
    {
        using var recorder = Recorder();
        for (var i = 0; i < count; i++)
            recorder.Record(Exchange(10 + i * 0.05, 0.1, outcome));
        return recorder.Complete(Nanoseconds(120));
    }

    private static Outcome Upload(string defect, double due, int i) => defect switch
    {
        "throttled" when i % 2 == 0 => Outcome.Throttled,
        "down for ten seconds" when due is >= 50 and < 60 => Outcome.Failed,
        _ => Outcome.Ok,
    };

    // Healthy: first token after 100 ms, 11 tokens at 10 ms: 100 tokens/s, 200 ms in all.
    private static Exchange Query(string defect, double due, int i)
    {
        var some = i % 10 == 0;
        var exchange = defect switch
        {
            "slow" => Stream(due, 4, 11, 0.01),
            "slow first token" when some => Stream(due, 1.5, 11, 0.01),
            "slow tokens" => Stream(due, 0.1, 11, 0.2),
            "some slow tokens" when some => Stream(due, 0.1, 11, 0.2),
            "failing" when some => Exchange(due, 0.001, Outcome.Failed),
            "timing out" when some => Exchange(due, 30, Outcome.TimedOut, reason: "timeout"),
            "down for ten seconds" when due is >= 50 and < 60 => Exchange(due, 0.001, Outcome.Failed),
            "degraded" => Stream(due, 0.1, 11, 0.01, some ? Outcome.Degraded : i % 10 == 1 ? Outcome.Degraded : Outcome.Ok),
            "throttled" when i % 2 == 0 => Exchange(due, 0.001, Outcome.Throttled, reason: "throttled"),
            "late" => Exchange(due, 0.2, late: 0.3),
            "very late" => Exchange(due, 0.2, late: 0.8),
            _ => Stream(due, 0.1, 11, 0.01),
        };
        exchange.Correct = exchange.Outcome == Outcome.Ok ? !(defect == "wrong" && i % 5 == 0) : null;
        return exchange;
    }
}
