using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>Sends exchanges and stamps them. Safe for any number of exchanges at once.</summary>
public interface IWire : IDisposable
{
    /// <summary>
    /// Sends one request and fills in its exchange, from <see cref="Exchange.Sent"/> to <see cref="Exchange.End"/>. Whatever the target does becomes an
    /// outcome: this throws only for mistakes of the caller.
    /// </summary>
    /// <param name="request">What to send; not changed, and not to be changed before the answer.</param>
    /// <param name="exchange">Where to write what happened.</param>
    /// <param name="stop">Cancels the exchange in hand: then the reply is not <see cref="WireReply.Ended"/>, and the exchange must not be recorded.</param>
    ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop);

    /// <summary>Requests that were sent a second time, because the target had closed their connection while it was idle; 0 where the wire does not do so, or does not tell.</summary>
    long SentAgain => 0;
}

/// <summary>One request. Users keep one and fill it for each exchange.</summary>
public sealed class WireRequest
{
    /// <summary>Which operation.</summary>
    public required OperationProfile Operation { get; set; }

    /// <summary>What its templates are filled with.</summary>
    public required TemplateValues Values { get; init; }

    /// <summary>The whole value of the auth header; null for none.</summary>
    public string? Authorization { get; set; }

    /// <summary>The trace that the exchange is to belong to; null sends no <c>traceparent</c>. One that the profile names itself goes before it.</summary>
    public TraceParent? Trace { get; set; }

    /// <summary>Whether to ask for the streamed variant; only where the operation has one.</summary>
    public bool Streamed { get; set; }

    /// <summary>The document that must be among the citations for the answer to be right; null when the data don't say.</summary>
    public string? ExpectedDocument { get; set; }

    /// <summary>
    /// The caller's code up to its next wait is short and never blocks, so that it may run on the thread that received the answer, while others' answers wait there.
    /// False, the default: it goes on on the thread pool, which costs some microseconds.
    /// </summary>
    public bool ContinuesOnWire { get; set; }

    /// <summary>Whether the answer's text is needed (<see cref="WireReply.Answer"/>).</summary>
    public bool KeepAnswer { get; set; }

    /// <summary>An exchange that has not ended by then counts as timed out; null is the wire's own limit.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Keep request and response text whatever the outcome. Failures and slow exchanges keep theirs anyway.</summary>
    public bool KeepText { get; set; }
}

/// <summary>What the caller needs beyond the exchange.</summary>
/// <param name="Ended">False when the exchange was dropped because the caller stopped it.</param>
/// <param name="RetryAfter">The response's <c>Retry-After</c> when throttled or 503; null without.</param>
/// <param name="DocumentId">The id that the target gave the document, where the profile says where it is.</param>
/// <param name="Texts">Values of <see cref="AnswerPart.Text"/> rules; empty when there are none.</param>
public readonly record struct WireReply(bool Ended, TimeSpan? RetryAfter, string? DocumentId, IReadOnlyList<string> Texts)
{
    /// <summary>What to ask for the upload's state with, where the profile says that it isn't the document's id; null otherwise.</summary>
    public string? DocumentHandle { get; init; }

    /// <summary>What a setup step captured, by variable; null for none.</summary>
    public IReadOnlyDictionary<string, VariableValue>? Captures { get; init; }

    /// <summary>The answer's text: its content events, or of an answer in one piece its required texts; at most 8192 characters. Null unless asked for.</summary>
    public string? Answer { get; init; }
}
