namespace Loadline.Wire;

/// <summary>
/// One request and its response as the client saw it. All times are nanoseconds on one monotonic clock since the run's start; <see cref="Never"/> where a
/// stage was not reached. Response time is <c>End − Due</c>, service time <c>End − Sent</c>, time to first token <c>FirstContent − Sent</c>.
/// </summary>
public sealed class Exchange
{
    /// <summary>Marks a stage that was not reached.</summary>
    public const long Never = -1;

    /// <summary>The operation's name, as in the plan's mix.</summary>
    public required string Operation { get; init; }

    /// <summary>The name of the plan's scenario that sent it; a plan with one unnamed load calls it <c>default</c>.</summary>
    public string Scenario { get; init; } = "default";

    /// <summary>Which try of the same request this is, from 1: more than 1 only for users that retry.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The user's index, from 0.</summary>
    public int User { get; init; }

    /// <summary>
    /// How long it waited, after it was due, for one of an open load's users to be free, or for its user's session to be opened; not the generator's lateness.
    /// 0 where nothing waits.
    /// </summary>
    public long Waited { get; set; }

    /// <summary>The trace that it belongs to in the target; null for none.</summary>
    public TraceParent? Trace { get; init; }

    /// <summary>When the request was due.</summary>
    public long Due { get; set; } = Never;

    /// <summary>When sending began.</summary>
    public long Sent { get; set; } = Never;

    /// <summary>When the response's head had come.</summary>
    public long FirstByte { get; set; } = Never;

    /// <summary>When the first non-empty content of a stream had come: not headers, not a role chunk, not citations.</summary>
    public long FirstContent { get; set; } = Never;

    /// <summary>When the last content of a stream had come.</summary>
    public long LastContent { get; set; } = Never;

    /// <summary>When the exchange had ended, however it ended.</summary>
    public long End { get; set; } = Never;

    /// <summary>HTTP status; 0 when there was none.</summary>
    public int Status { get; set; }

    /// <summary>How it ended.</summary>
    public Outcome Outcome { get; set; }

    /// <summary>A short class of failure, such as <c>connect_refused</c>, <c>http_503</c>, <c>body_error</c>, <c>stream_cut</c>; null when Ok.</summary>
    public string? Reason { get; set; }

    /// <summary>When to come again, as a response that a limit refused or that was not available said (<c>Retry-After</c>); null without.</summary>
    public TimeSpan? RetryAfter { get; set; }

    /// <summary>What the target said was missing; empty when nothing.</summary>
    public IReadOnlyList<string> DegradedParts { get; set; } = [];

    /// <summary>Tokens of the answer: the target's own usage count where it gives one, otherwise content events.</summary>
    public int Tokens { get; set; }

    /// <summary>Nanoseconds between consecutive content events of a stream, first token excluded; null when not streamed.</summary>
    public List<long>? TokenGaps { get; set; }

    /// <summary>Body bytes sent.</summary>
    public long BytesSent { get; set; }

    /// <summary>Body bytes received.</summary>
    public long BytesReceived { get; set; }

    /// <summary>Whether the answer was right, where the data say what is right; null where they don't.</summary>
    public bool? Correct { get; set; }

    /// <summary>The request's method, path and body, cut to 4 KiB, without secrets; kept for sampled exchanges.</summary>
    public string? RequestText { get; set; }

    /// <summary>The response's text, cut to 4 KiB; kept for sampled exchanges.</summary>
    public string? ResponseText { get; set; }
}
