using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>
/// Sends what belongs to an operation and follows its success (<see cref="OperationProfile.Then"/>): an upload that is only taken in once a second request says
/// so. Both are one exchange: it ends with the second, and fails when either does.
/// </summary>
internal sealed class FollowUpWire(IWire wire) : IWire
{
    /// <inheritdoc/>
    public async ValueTask<WireReply> SendAsync(WireRequest request, Exchange exchange, CancellationToken stop)
    {
        var reply = await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
        if (!reply.Ended || request.Operation.Then is not { } then || exchange.Outcome is not (Outcome.Ok or Outcome.Degraded))
            return reply;
        var values = request.Values;
        var next = new WireRequest
        {
            Operation = then,
            Values = new TemplateValues
            {
                User = values.User,
                Key = values.Key,
                Session = values.Session,
                Question = values.Question,
                Turns = values.Turns,
                TopK = values.TopK,
                DocumentId = reply.DocumentId ?? values.DocumentId,
                DocumentHandle = reply.DocumentHandle,
                DocumentTitle = values.DocumentTitle,
                DocumentText = values.DocumentText,
                DocumentTopic = values.DocumentTopic,
                DocumentVersion = values.DocumentVersion,
            },
            Authorization = request.Authorization,
            Timeout = request.Timeout,
            Trace = request.Trace,
            KeepText = request.KeepText,
        };
        var second = new Exchange { Operation = exchange.Operation, User = exchange.User };
        var answer = await wire.SendAsync(next, second, stop).ConfigureAwait(false);
        if (!answer.Ended)
            return answer;
        exchange.End = second.End;
        exchange.BytesSent += second.BytesSent;
        exchange.BytesReceived += second.BytesReceived;
        if (second.Outcome is Outcome.Ok or Outcome.Degraded)
            return reply;
        (exchange.Outcome, exchange.Reason, exchange.Status) = (second.Outcome, second.Reason, second.Status);
        (exchange.RequestText, exchange.ResponseText) = (second.RequestText, second.ResponseText);
        return answer;
    }

    /// <inheritdoc/>
    public long SentAgain => wire.SentAgain;

    /// <inheritdoc/>
    public void Dispose() => wire.Dispose();
}
