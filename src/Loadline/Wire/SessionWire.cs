using System.Collections.Concurrent;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>
/// Gives each user the session that its requests ask for, with the first of them. That one waits for it: its response time, which counts from when it was due,
/// includes the wait, its service time doesn't. A session that can't be had is that request's failure, and the next one tries again.
/// </summary>
/// <param name="wire">The wire that sends.</param>
/// <param name="session">The request that opens a session; its answer's first text is the session.</param>
internal sealed class SessionWire(IWire wire, OperationProfile session) : IWire
{
    private readonly ConcurrentDictionary<string, string> _sessions = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        var template = request.Streamed && request.Operation.Stream is { } stream ? stream.Request : request.Operation.Request;
        if (!template.Uses(Placeholder.Session))
            return await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
        if (!_sessions.TryGetValue(request.Values.User, out var known))
        {
            var opening = new WireRequest
            {
                Operation = session,
                Values = new TemplateValues { User = request.Values.User, Key = request.Values.Key },
                Authorization = request.Authorization,
                Timeout = request.Timeout,
                KeepText = request.KeepText,
            };
            var reply = await wire.SendAsync(opening, exchange, stop).ConfigureAwait(false);
            if (!reply.Ended)
                return reply;
            if (exchange.Outcome is not (Outcome.Ok or Outcome.Degraded) || reply.Texts is not [var opened, ..])
            {
                if (exchange.Reason is null)
                    (exchange.Outcome, exchange.Reason) = (Outcome.Failed, Reasons.BodyIncomplete);
                return reply;
            }
            _sessions[request.Values.User] = known = opened;
            Forget(exchange);
        }
        request.Values.Session = known;
        return await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public long SentAgain => wire.SentAgain;

    /// <inheritdoc/>
    public void Dispose() => wire.Dispose();

    // The exchange is the request's: of opening the session nothing stays but the time since it was due, and that the generator isn't what made it late.
    private static void Forget(Exchange exchange)
    {
        exchange.Waited += exchange.End - exchange.Sent;
        exchange.Sent = exchange.FirstByte = exchange.End = Exchange.Never;
        (exchange.Status, exchange.Tokens, exchange.BytesSent, exchange.BytesReceived) = (0, 0, 0, 0);
        (exchange.Outcome, exchange.Reason, exchange.RequestText, exchange.ResponseText) = (Outcome.Ok, null, null, null);
    }
}
