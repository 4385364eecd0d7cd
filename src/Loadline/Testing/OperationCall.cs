using System.Text;
using System.Text.Json;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Testing;

/// <summary>
/// One exchange of a <see cref="CodeOperation"/>: what the user asks or uploads, and what the code reports of the answer. Code that returns has succeeded, unless
/// it reported otherwise; code that throws has failed with the exception's type as the reason, except that <see cref="TimeoutException"/> and cancellation count as
/// timed out and an <see cref="HttpRequestException"/> by its status or cause. Times are taken when methods are called. What is reported after the exchange has
/// ended, by code that outlived its time-out, counts for nothing.
/// </summary>
public sealed class OperationCall
{
    private readonly Lock _gate = new();
    private readonly TemplateValues _values;
    private readonly RunClock _clock;
    private readonly string? _expected;
    private readonly StringBuilder? _answer;
    private List<string>? _degraded;
    private List<long>? _gaps;
    private long _sent = Exchange.Never, _firstByte = Exchange.Never, _firstContent = Exchange.Never, _lastContent = Exchange.Never;
    private int _pieces;
    private int? _tokens;
    private int _status;
    private bool? _correct;
    private string? _failure, _documentId;
    private TimeSpan? _retryAfter;
    private bool _throttled;
    private bool _over;

    internal OperationCall(WireRequest request, Exchange exchange, Uri? target, RunClock clock, CancellationToken stop)
    {
        (_values, _clock, _expected, Target, Stop) = (request.Values, clock, request.ExpectedDocument, target, stop);
        (Operation, UserIndex, Attempt, Stream) = (exchange.Operation, exchange.User, exchange.Attempt, request.Streamed);
        _answer = request.KeepAnswer || request.KeepText ? new() : null;
    }

    /// <summary>The operation's name.</summary>
    public string Operation { get; }

    /// <summary>The user's name, such as <c>u12</c>.</summary>
    public string User => _values.User;

    /// <summary>Which user, from 0: each has one exchange at a time, so what is kept by user needs no lock.</summary>
    public int UserIndex { get; }

    /// <summary>Which try of the same request this is, from 1.</summary>
    public int Attempt { get; }

    /// <summary>The user's API key; empty where the target's profile has none.</summary>
    public string Key => _values.Key;

    /// <summary>Where the target is; null when the plan's target is <c>code</c>.</summary>
    public Uri? Target { get; }

    /// <summary>What is asked; empty in operations that don't ask.</summary>
    public string Question => _values.Question;

    /// <summary>The plan's <c>data.top_k</c>.</summary>
    public int TopK => _values.TopK;

    /// <summary>Whether the plan's <c>stream</c> wants this answer streamed.</summary>
    public bool Stream { get; }

    /// <summary>The turns of the session before this one, oldest first; empty where sessions have one turn.</summary>
    public IReadOnlyList<ChatTurn> History => _values.Turns.Length == 0 ? [] : JsonSerializer.Deserialize<ChatTurn[]>($"[{_values.Turns}]", JsonSerializerOptions.Web) ?? [];

    /// <summary>What is uploaded; in operations that don't upload only its id is known.</summary>
    public CallDocument Document => new(_values.DocumentId, _values.DocumentTitle, _values.DocumentText, _values.DocumentTopic, _values.DocumentVersion);

    /// <summary>The document that is uploaded, polled or asked for.</summary>
    public string DocumentId => _values.DocumentId;

    /// <summary>Cancelled at the plan's time-out, and when the run is stopped.</summary>
    public CancellationToken Stop { get; }

    /// <summary>The answer's head has come; without it the first token, or else the end, counts as the first byte.</summary>
    public void FirstByte()
    {
        var now = _clock.Now;
        lock (_gate)
            if (!_over && _firstByte == Exchange.Never)
                _firstByte = now;
    }

    /// <summary>A piece of streamed content has come: the first that is not empty gives the time to first token, the others the gaps between tokens.</summary>
    /// <param name="text">The piece; an empty one is none.</param>
    public void Token(string text)
    {
        if (string.IsNullOrEmpty(text))
            return;
        var now = _clock.Now;
        lock (_gate)
        {
            if (_over)
                return;
            if (_firstByte == Exchange.Never)
                _firstByte = now;
            if (_pieces++ == 0)
                (_firstContent, _gaps) = (now, []);
            else
                _gaps!.Add(now - _lastContent);
            _lastContent = now;
            Keep(text);
        }
    }

    /// <summary>The answer's text, when it comes in one piece: the next turn's history.</summary>
    public void Answer(string text)
    {
        lock (_gate)
            if (!_over)
                Keep(text);
    }

    /// <summary>How many tokens the answer has, by the target's own count; without it, streamed pieces are counted.</summary>
    /// <param name="count">0 or more.</param>
    public void Tokens(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        lock (_gate)
            _tokens = _over ? _tokens : count;
    }

    /// <summary>
    /// The documents that the answer rests on: the answer is right when the one that the question is about is among them. May be called several times; call it with
    /// none for an answer that rests on nothing, which is wrong. Never called, nobody says what is right.
    /// </summary>
    public void Cited(params IEnumerable<string> documentIds)
    {
        ArgumentNullException.ThrowIfNull(documentIds);
        lock (_gate)
            if (!_over && _expected is not null)
                _correct = _correct == true | documentIds.Contains(_expected, StringComparer.Ordinal);
    }

    /// <summary>The id that the target gave the uploaded document, where it is not <see cref="DocumentId"/>.</summary>
    public void Accepted(string documentId)
    {
        lock (_gate)
            _documentId = _over ? _documentId : documentId;
    }

    /// <summary>The target answered without a part of it: the exchange is degraded.</summary>
    /// <param name="part">What was missing.</param>
    public void Degraded(string part)
    {
        lock (_gate)
            if (!_over)
                (_degraded ??= []).Add(part);
    }

    /// <summary>A limit refused it.</summary>
    /// <param name="retryAfter">How long the target asked to wait; null when it didn't say.</param>
    public void Throttled(TimeSpan? retryAfter = null)
    {
        lock (_gate)
            (_throttled, _retryAfter) = _over ? (_throttled, _retryAfter) : (true, retryAfter);
    }

    /// <summary>It failed, though nothing was thrown.</summary>
    /// <param name="reason">A short class of failure, such as <c>no_answer</c>: exchanges are counted by it, so it should have few values.</param>
    public void Failed(string reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        lock (_gate)
            _failure = _over ? _failure : reason;
    }

    /// <summary>The answer's HTTP or gRPC status, for the list of exchanges; retrying users don't try again after 400–499.</summary>
    public void Status(int status)
    {
        lock (_gate)
            _status = _over ? _status : status;
    }

    /// <summary>The code begins.</summary>
    internal void Begin() => _sent = _clock.Now;

    /// <summary>The exchange has ended; fills it in.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="thrown">What the code threw; null when it returned.</param>
    /// <param name="timedOut">Whether its time was over.</param>
    internal WireReply End(Exchange exchange, Exception? thrown, bool timedOut)
    {
        var now = _clock.Now;
        lock (_gate)
        {
            _over = true;
            exchange.Sent = _sent == Exchange.Never ? now : _sent;
            exchange.End = now;
            (exchange.FirstContent, exchange.LastContent, exchange.TokenGaps) = (_firstContent, _lastContent, _gaps);
            exchange.Tokens = _tokens ?? _pieces;
            exchange.Status = _status;
            (exchange.Outcome, exchange.Reason) = Judge(thrown, timedOut, exchange);
            exchange.FirstByte = _firstByte == Exchange.Never && exchange.Reason is null ? now : _firstByte;
            if (exchange.Reason is null)
            {
                exchange.DegradedParts = _degraded ?? [];
                exchange.Correct = _correct;
            }
            return new WireReply(true, _retryAfter, _documentId, []) { Answer = _answer?.ToString() };
        }
    }

    private (Outcome Outcome, string? Reason) Judge(Exception? thrown, bool timedOut, Exchange exchange)
    {
        if (timedOut || thrown is TimeoutException or OperationCanceledException)
            return (Outcome.TimedOut, Reasons.Timeout);
        if (thrown is HttpRequestException { StatusCode: { } code })
            exchange.Status = (int)code;
        if (_throttled || exchange.Status == 429)
            return (Outcome.Throttled, Reasons.Throttled);
        if (_failure is not null)
            return (Outcome.Failed, _failure);
        return thrown switch
        {
            null => (_degraded is null ? Outcome.Ok : Outcome.Degraded, null),
            HttpRequestException { StatusCode: { } status } => (Outcome.Failed, Reasons.Http((int)status)),
            HttpRequestException or System.Net.Sockets.SocketException => (Outcome.Failed, FailureClassifier.BeforeHead(thrown)),
            _ => (Outcome.Failed, thrown.GetType().Name),
        };
    }

    private void Keep(string text)
    {
        if (_answer is not null)
            _answer.Append(text, 0, Math.Min(text.Length, AnswerReading.LongestAnswer - _answer.Length));
    }
}

/// <summary>A turn of a session.</summary>
/// <param name="Role"><c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What was said.</param>
public sealed record ChatTurn(string Role, string Content);

/// <summary>A document that is uploaded.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Its title.</param>
/// <param name="Text">Its text.</param>
/// <param name="Topic">Its topic.</param>
/// <param name="Version">Its version, from 1: the next upload of the same id replaces it.</param>
public sealed record CallDocument(string Id, string Title, string Text, string Topic, int Version);
