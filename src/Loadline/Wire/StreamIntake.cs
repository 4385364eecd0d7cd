using System.Text.Json;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>
/// Reads one streamed answer as it arrives. All events of one piece came at the same moment and get the same time: that is what the user saw. The exchange ends
/// with the end marker. A token costs no allocation: its time goes into a list that is as long as the last stream was.
/// </summary>
internal sealed class StreamIntake(WireOptions options) : IDisposable
{
    private const int MostGapsForeseen = 4096;

    private StreamProfile _profile = null!;
    private Exchange _exchange = null!;
    private AnswerReading _reading = null!;
    private EventParser? _parser;
    private int _gapsForeseen;

    internal void Begin(StreamProfile profile, Exchange exchange, AnswerReading reading)
    {
        (_profile, _exchange, _reading) = (profile, exchange, reading);
        _parser ??= new EventParser(options.MaxEventBytes);
        _parser.Begin(profile.Framing);
        exchange.TokenGaps = new List<long>(_gapsForeseen);
    }

    internal BodyStep Take(ReadOnlySpan<byte> piece, long now)
    {
        if (_profile.Framing == StreamFraming.Text)
        {
            _reading.Keep(piece);
            TakeContent(now);
        }
        else if (!TakeEvents(piece, now))
            return BodyStep.Drop;
        if (_exchange.BytesReceived > options.MaxBodyBytes)
        {
            Fail(Reasons.TooLarge);
            return BodyStep.Drop;
        }
        if (!_reading.Ended)
            return BodyStep.More;
        Finish(now);
        return BodyStep.Drain;
    }

    /// <summary>The body ended without an end marker so far: half an event counts only if it is the marker or an error.</summary>
    internal void EndOfBody(long now)
    {
        try
        {
            if (_parser!.End())
                TakeEvent(now);
        }
        catch (JsonException)
        {
            // Half an event is what a cut leaves behind.
        }
        catch (EventTooLargeException)
        {
            Fail(Reasons.TooLarge);
            return;
        }
        if (_reading.HasError || _reading.IsThrottled)
            Refuse();
        else if (_reading.Ended || _profile.Events.EndsByClosing)
            Finish(now);
        else
            Fail(Reasons.StreamCut);
    }

    internal void Release()
    {
        if (_exchange?.TokenGaps is { } gaps)
            _gapsForeseen = Math.Min(gaps.Count, MostGapsForeseen);
        (_profile, _exchange, _reading) = (null!, null!, null!);
        _parser?.Release();
    }

    public void Dispose() => _parser?.Dispose();

    private bool TakeEvents(ReadOnlySpan<byte> chunk, long now)
    {
        try
        {
            while (!_reading.Ended && _parser!.Next(ref chunk))
            {
                TakeEvent(now);
                if (_reading.HasError || _reading.IsThrottled)
                {
                    Refuse();
                    return false;
                }
            }
            return true;
        }
        catch (JsonException)
        {
            Fail(Reasons.UnreadableBody);
        }
        catch (EventTooLargeException)
        {
            Fail(Reasons.TooLarge);
        }
        return false;
    }

    private void TakeEvent(long now)
    {
        _reading.Read(_profile.Events, _parser!.Name, _parser.Data);
        if (_reading.HasDelta)
            TakeContent(now);
    }

    private void TakeContent(long now)
    {
        if (_exchange.FirstContent == Exchange.Never)
            _exchange.FirstContent = now;
        else
            _exchange.TokenGaps!.Add(now - _exchange.LastContent);
        _exchange.LastContent = now;
        _exchange.Tokens++;
    }

    private void Finish(long now)
    {
        _exchange.End = now;
        if (_exchange.FirstContent == Exchange.Never)
            Fail(Reasons.StreamEmpty);
    }

    private void Refuse()
    {
        if (_reading.IsThrottled)
            (_exchange.Outcome, _exchange.Reason) = (Outcome.Throttled, Reasons.Throttled);
        else
            Fail(Reasons.StreamError);
    }

    private void Fail(string reason) => (_exchange.Outcome, _exchange.Reason) = (Outcome.Failed, reason);
}
