using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>What a histogram holds. The first five and the next five follow the order of <see cref="Outcome"/>.</summary>
internal enum Measure
{
    ResponseOk, ResponseDegraded, ResponseThrottled, ResponseFailed, ResponseTimedOut,
    ServiceOk, ServiceDegraded, ServiceThrottled, ServiceFailed, ServiceTimedOut,

    /// <summary>Sent → first content, of answered streams.</summary>
    FirstToken,

    /// <summary>Between content events, of answered streams.</summary>
    TokenGap,

    /// <summary>Thousandths of a token per second, of answered streams.</summary>
    Speed,

    /// <summary>Due → sent: how late the load generator itself was.</summary>
    Lateness,

    /// <summary>Accepted → searchable. Not an operation's: kept with the pseudo-operation.</summary>
    Searchable,

    /// <summary>Accepted → given up, by the target or by the time-out.</summary>
    NotSearchable,

    /// <summary>1 for a right answer, 0 for a wrong one, where the data can tell: so that the log alone gives the share.</summary>
    Correct,

    /// <summary>First due → answer in the end, of users that retry.</summary>
    Felt,

    /// <summary>Tries of a request of users that retry, answered in the end or given up.</summary>
    Attempts,

    /// <summary>1 for an arrival of an open load that a user took, 0 for one that was dropped. Not an operation's: kept with the pseudo-operation.</summary>
    Arrival,

    /// <summary>Due → first content of a stream, or the end of another answer, of degraded exchanges.</summary>
    Fallback,

    /// <summary>1 for an exchange that a limit refused and told when to come again, 0 for one that it did not tell; 3 and 2 for one that failed with 503.</summary>
    RetryAfter,

    /// <summary>Requests of one user in one minute that no limit refused, of minutes in which one refused some. Not an operation's: kept with the pseudo-operation.</summary>
    Granted,
}

/// <summary>Names and order of measures.</summary>
internal static class Measures
{
    public const int Count = (int)Measure.Granted + 1;

    private static readonly string[] Tags =
    [
        "ok.response", "degraded.response", "throttled.response", "failed.response", "timed_out.response",
        "ok.service", "degraded.service", "throttled.service", "failed.service", "timed_out.service",
        "ttft", "gap", "speed", "lateness", "searchable", "not_searchable", "correct", "felt", "attempts", "arrival", "fallback", "retry_after", "granted",
    ];

    private static readonly string[] Outcomes = ["ok", "degraded", "throttled", "failed", "timed_out"];

    public static Measure Response(Outcome outcome) => (Measure)outcome;

    public static Measure Service(Outcome outcome) => Measure.ServiceOk + (int)outcome;

    /// <summary>The outcome's name in files.</summary>
    public static string Name(Outcome outcome) => Outcomes[(int)outcome];

    /// <summary>The measure's name in the histogram log.</summary>
    public static string Tag(Measure measure) => Tags[(int)measure];

    /// <summary>The measure of a name in the histogram log; null where there is none.</summary>
    public static Measure? Find(string tag) => Array.IndexOf(Tags, tag) is >= 0 and var at ? (Measure)at : null;
}
