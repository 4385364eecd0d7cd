using System.Buffers;
using System.Text.Json;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>
/// Reads one streamed answer as it arrives. All events of one read came at the same moment and get the same time: that is what the user saw. The exchange ends
/// with the end marker; the rest of the body is then drained for a bounded time, so that the connection can be used again.
/// </summary>
internal sealed class StreamedAnswerReader(StreamProfile profile, WireOptions options, RunClock clock, Exchange exchange, AnswerReading reading)
{
    private const int ReadBytes = 8 * 1024;

    /// <summary>Reads to the end, the end marker or the first error.</summary>
    /// <param name="source">The body.</param>
    /// <param name="sample">Gets the first bytes, as many as are kept.</param>
    /// <param name="deadline">The exchange's time limit; after the end marker it becomes the limit for draining.</param>
    internal async ValueTask ReadAsync(Stream source, PooledBuffer sample, CancellationTokenSource deadline)
    {
        var kept = options.KeptBytes;
        exchange.TokenGaps = [];
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        using var parser = new EventParser(profile.Framing, options.MaxEventBytes);
        try
        {
            int count;
            while ((count = await source.ReadAsync(buffer, deadline.Token).ConfigureAwait(false)) > 0)
            {
                var now = clock.Now;
                exchange.BytesReceived += count;
                if (sample.Length < kept)
                    sample.Append(buffer.AsSpan(0, Math.Min(count, kept - sample.Length)));
                if (profile.Framing == StreamFraming.Text)
                {
                    reading.Keep(buffer.AsSpan(0, count));
                    TakeContent(now);
                }
                else if (!Take(parser, buffer.AsSpan(0, count), now))
                    return;
                if (exchange.BytesReceived > options.MaxBodyBytes)
                {
                    Fail(Reasons.TooLarge);
                    return;
                }
                if (reading.Ended)
                {
                    Finish(now);
                    await DrainAsync(source, buffer, deadline).ConfigureAwait(false);
                    return;
                }
            }
            TakeLast(parser, clock.Now);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool Take(EventParser parser, ReadOnlySpan<byte> chunk, long now)
    {
        try
        {
            while (!reading.Ended && parser.Next(ref chunk))
            {
                TakeEvent(parser, now);
                if (reading.HasError || reading.IsThrottled)
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

    private void TakeEvent(EventParser parser, long now)
    {
        reading.Read(profile.Events, parser.Name, parser.Data);
        if (reading.HasDelta)
            TakeContent(now);
    }

    private void TakeContent(long now)
    {
        if (exchange.FirstContent == Exchange.Never)
            exchange.FirstContent = now;
        else
            exchange.TokenGaps!.Add(now - exchange.LastContent);
        exchange.LastContent = now;
        exchange.Tokens++;
    }

    /// <summary>The body ended without an end marker so far: half an event counts only if it is the marker or an error.</summary>
    private void TakeLast(EventParser parser, long now)
    {
        try
        {
            if (parser.End())
                TakeEvent(parser, now);
        }
        catch (JsonException)
        {
            // Half an event is what a cut leaves behind.
        }
        if (reading.HasError || reading.IsThrottled)
            Refuse();
        else if (reading.Ended || profile.Events.EndsByClosing)
            Finish(now);
        else
            Fail(Reasons.StreamCut);
    }

    private void Finish(long now)
    {
        exchange.End = now;
        if (exchange.FirstContent == Exchange.Never)
            Fail(Reasons.StreamEmpty);
    }

    private void Refuse()
    {
        if (reading.IsThrottled)
            (exchange.Outcome, exchange.Reason) = (Outcome.Throttled, Reasons.Throttled);
        else
            Fail(Reasons.StreamError);
    }

    private void Fail(string reason) => (exchange.Outcome, exchange.Reason) = (Outcome.Failed, reason);

    private async ValueTask DrainAsync(Stream source, byte[] buffer, CancellationTokenSource deadline)
    {
        try
        {
            // Most often the end is there already, and no timer is touched.
            var read = source.ReadAsync(buffer, deadline.Token);
            if (!read.IsCompleted)
                deadline.CancelAfter(options.DrainLimit);
            var drained = 0;
            while (await read.ConfigureAwait(false) is > 0 and var count && (drained += count) < options.MaxEventBytes)
                read = source.ReadAsync(buffer, deadline.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            // The answer is whole; only the connection is lost.
        }
    }
}
