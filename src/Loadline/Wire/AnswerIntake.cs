using System.Text;
using System.Text.Json;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>What a wire does after a piece of a body.</summary>
internal enum BodyStep
{
    /// <summary>Read on.</summary>
    More,

    /// <summary>The answer is whole and has its end; what is left is read only so that the connection can be used again, for a bounded time.</summary>
    Drain,

    /// <summary>It is decided how the exchange ended; the rest isn't wanted, and the connection isn't either.</summary>
    Drop,
}

/// <summary>
/// What becomes of one exchange's answer. Wires push into it what arrives, head first, and it stamps, reads and judges: so that an answer means the same whatever
/// carried it. Used again for one exchange after another; not safe for two threads at once.
/// </summary>
internal sealed class AnswerIntake(IntakeShared shared) : IDisposable
{
    private const int FewestRefusalBytes = 64 * 1024;

    private readonly AnswerReading _reading = new();
    private readonly PooledBuffer _received = new(0);
    private readonly StreamIntake _streamed = new(shared.Options);
    private WireRequest _request = null!;
    private StreamProfile? _stream;
    private TimeSpan? _retryAfter;
    private Kind _kind;

    private enum Kind
    {
        None,
        Refusal,
        Whole,
        Stream,
    }

    /// <summary>The exchange in hand.</summary>
    internal Exchange Exchange { get; private set; } = null!;

    /// <summary>Whether a head has come.</summary>
    internal bool HasHead => _kind != Kind.None;

    /// <summary>Which of the operation's requests is sent.</summary>
    internal RequestProfile Template { get; private set; } = null!;

    /// <summary>Begins an exchange.</summary>
    internal void Begin(WireRequest request, Exchange exchange)
    {
        (_request, Exchange, _retryAfter, _kind) = (request, exchange, null, Kind.None);
        _stream = request.Streamed ? request.Operation.Stream : null;
        request.Values.Stream = _stream is not null;
        Template = _stream?.Request ?? request.Operation.Request;
        _reading.Reset(request.ExpectedDocument, request.KeepAnswer);
        _received.Clear();
    }

    /// <summary>The response's head has come.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="isJson">Whether its body is JSON by its own account.</param>
    /// <param name="retryAfter">What it says about coming back.</param>
    /// <param name="now">When it had come.</param>
    internal void Head(int status, bool isJson, TimeSpan? retryAfter, long now)
    {
        Exchange.FirstByte = now;
        Exchange.Status = status;
        if (!_request.Operation.OkStatuses.Contains(status))
        {
            _kind = Kind.Refusal;
            _retryAfter = retryAfter;
            if (shared.Profile.ThrottledStatuses.Contains(status))
                (Exchange.Outcome, Exchange.Reason) = (Outcome.Throttled, Reasons.Throttled);
            else
                Fail(Reasons.Http(status));
        }
        else if (_stream is not null && (_stream.Framing != StreamFraming.Sse || !isJson))
        {
            _kind = Kind.Stream;
            _streamed.Begin(_stream, Exchange, _reading);
        }
        else
            _kind = Kind.Whole;
    }

    /// <summary>Takes what a setup step wants from the response's head.</summary>
    internal void Capture(string variable, string value) => _reading.Capture(variable, value);

    /// <summary>A piece of the body has come.</summary>
    internal BodyStep Take(ReadOnlySpan<byte> piece, long now)
    {
        Exchange.BytesReceived += piece.Length;
        if (_kind == Kind.Stream)
        {
            var room = shared.Options.KeptBytes - _received.Length;
            if (room > 0)
                _received.Append(piece[..Math.Min(piece.Length, room)]);
            return _streamed.Take(piece, now);
        }
        _received.Append(piece);
        if (_kind == Kind.Refusal)
            return _received.Length > Math.Max(shared.Options.KeptBytes, FewestRefusalBytes) ? BodyStep.Drop : BodyStep.More;
        if (_received.Length <= shared.Options.MaxBodyBytes)
            return BodyStep.More;
        Fail(Reasons.TooLarge);
        return BodyStep.Drop;
    }

    /// <summary>The body has ended, as its framing says.</summary>
    internal void EndOfBody(long now)
    {
        switch (_kind)
        {
            case Kind.Stream:
                _streamed.EndOfBody(now);
                break;
            case Kind.Refusal:
                Exchange.End = now;
                break;
            default:
                Exchange.End = now;
                ReadAnswer();
                break;
        }
    }

    /// <summary>It can't go on. A refusal whose body was cut is still that refusal.</summary>
    /// <param name="beforeHead">Why, when no head has come.</param>
    /// <param name="inBody">Why, when one has; null for "it was cut".</param>
    internal void Break(string beforeHead, string? inBody = null)
    {
        if (Exchange.Reason is null)
            Fail(!HasHead ? beforeHead : inBody ?? (_stream is not null ? Reasons.StreamCut : Reasons.BodyCut));
    }

    /// <summary>Its time is over.</summary>
    internal void TimeOut()
    {
        if (Exchange.Reason is null)
            (Exchange.Outcome, Exchange.Reason) = (Outcome.TimedOut, Reasons.Timeout);
    }

    /// <summary>Judges what was read, fills in what is left of the exchange, and answers the caller.</summary>
    /// <param name="body">The request's body, for the exchange's text.</param>
    internal WireReply Conclude(ReadOnlySpan<byte> body)
    {
        if (Exchange.End == Exchange.Never)
            Exchange.End = shared.Clock.Now;
        Exchange.Tokens = _reading.Tokens ?? Exchange.Tokens;
        if (Exchange.Reason is null)
        {
            Exchange.DegradedParts = _reading.Degraded;
            if (Exchange.DegradedParts.Count > 0)
                Exchange.Outcome = Outcome.Degraded;
            if (_request.ExpectedDocument is not null && (_stream?.Events.KnowsCitations ?? _request.Operation.Answer.KnowsCitations))
                Exchange.Correct = _reading.ExpectedCited;
        }
        KeepText(body);
        return new WireReply(true, _retryAfter, _reading.DocumentId, _reading.Texts)
        {
            Answer = _reading.Answer,
            DocumentHandle = _reading.DocumentHandle,
            Captures = _reading.Captures,
        };
    }

    /// <summary>Lets go of the exchange and of long buffers; small ones stay for the next.</summary>
    internal void Release()
    {
        (_request, Exchange, _stream, Template) = (null!, null!, null, null!);
        _streamed.Release();
        _received.Shrink();
    }

    public void Dispose()
    {
        _received.Dispose();
        _streamed.Dispose();
    }

    private void ReadAnswer()
    {
        var rules = _request.Operation.Answer;
        if (rules.Rules.Count == 0 && _stream is null)
            return;
        try
        {
            _reading.Read(rules, _received.Written);
        }
        catch (JsonException)
        {
            Fail(Reasons.UnreadableBody);
            return;
        }
        if (_reading.IsThrottled)
            (Exchange.Outcome, Exchange.Reason) = (Outcome.Throttled, Reasons.Throttled);
        else if (_reading.HasError)
            Fail(Reasons.BodyError);
        else if (_stream is not null)
            Fail(Reasons.NotAStream);
        else if (_reading.RequiredSeen < rules.Required)
            Fail(Reasons.BodyIncomplete);
    }

    private void Fail(string reason) => (Exchange.Outcome, Exchange.Reason) = (Outcome.Failed, reason);

    private void KeepText(ReadOnlySpan<byte> body)
    {
        var slow = shared.Slow(_request.Operation).Exceeds(Exchange.End - Exchange.Sent);
        if (!slow && !_request.KeepText && Exchange.Outcome is Outcome.Ok or Outcome.Degraded)
            return;
        Exchange.RequestText = Shown($"{Template.Method} {shared.PathOf(Template, _request.Values)}\n\n{Cut(body)}");
        Exchange.ResponseText = _received.Length > 0 ? Shown(Cut(_received.Written)) : null;
    }

    // A request may carry its key in the path or the body, and a target may repeat in an answer what it was sent.
    private string Shown(string text) =>
        shared.Profile.Mask(text, _request.Values.Key, _request.Authorization, _request.Authorization?[(_request.Authorization.LastIndexOf(' ') + 1)..]);

    private string Cut(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.Length > shared.Options.KeptBytes ? bytes[..shared.Options.KeptBytes] : bytes);
}
