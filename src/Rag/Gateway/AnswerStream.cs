using System.Text;
using Microsoft.AspNetCore.Http;
using Rag.Errors;
using Rag.Query;
using Rag.Search;

namespace Rag.Gateway;

/// <summary>How a face writes the steps of a streamed answer.</summary>
internal interface IAnswerEvents
{
    /// <summary>The stream.</summary>
    EventWriter Events { get; }

    /// <summary>The passages; always first.</summary>
    void Citations(AnswerCitations citations);

    /// <summary>A piece of text; the hot one.</summary>
    void Text(string text);

    /// <summary>The end.</summary>
    void End(AnswerEnd end);

    /// <summary>A failure after the start; nothing follows.</summary>
    void Error(Problem problem);
}

/// <summary>
/// Pumps an answer into a response. Nothing is written before the first step, so a failure until then is an ordinary error response;
/// one after it is an event. Flushes exactly when it would have to wait: see <see cref="EventWriter"/>.
/// </summary>
internal static class AnswerStream
{
    public static async Task WriteAsync(
        HttpContext context, IAsyncEnumerable<AnswerEvent> answer, IAnswerEvents face, CancellationToken cancellationToken)
    {
        var started = false;
        var course = RequestCourse.Of(context);
        try
        {
            await using var steps = answer.GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                var next = steps.MoveNextAsync();
                if (started && !next.IsCompleted)
                {
                    var flushed = await face.Events.FlushAsync(cancellationToken).ConfigureAwait(false);
                    if (flushed.IsCompleted)
                        throw new OperationCanceledException("the client went");
                }

                if (!await next.ConfigureAwait(false))
                    break;
                started = true;
                switch (course.Met(steps.Current))
                {
                    case AnswerText text:
                        face.Text(text.Text);
                        break;
                    case AnswerCitations citations:
                        face.Citations(citations);
                        break;
                    case AnswerEnd end:
                        face.End(end);
                        break;
                }
            }
        }
        catch (Exception error) when (started && !context.RequestAborted.IsCancellationRequested)
        {
            var told = error is OperationCanceledException && cancellationToken.IsCancellationRequested
                ? new RagException(RagError.DeadlineExceeded, "the answer was not done within the time allowed")
                : error;
            course.Failed(told);
            face.Error(Problem.Of(told, context.TraceIdentifier));
            await face.Events.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            if (told is not RagException)
                throw; // logged by the gate
            return;
        }

        await face.Events.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>Gathers an answer's steps.</summary>
internal static class WholeAnswer
{
    public static async ValueTask<(IReadOnlyList<SearchResult> Citations, string Text, AnswerEnd End)> ReadAsync(
        HttpContext context, IAsyncEnumerable<AnswerEvent> answer, CancellationToken cancellationToken)
    {
        var course = RequestCourse.Of(context);
        IReadOnlyList<SearchResult> citations = [];
        var text = new StringBuilder();
        AnswerEnd? end = null;
        await foreach (var step in answer.WithCancellation(cancellationToken).ConfigureAwait(false))
            switch (course.Met(step))
            {
                case AnswerCitations found:
                    citations = found.Citations;
                    break;
                case AnswerText piece:
                    text.Append(piece.Text);
                    break;
                case AnswerEnd last:
                    end = last;
                    break;
            }

        return (citations, text.ToString(), end ?? throw new RagException(RagError.Unavailable, "the answer ended without its end; ask again"));
    }
}

/// <summary>The events of <c>POST /query</c>: citations, token…, usage, done; or error.</summary>
internal sealed class RagEvents(HttpContext context) : IAnswerEvents
{
    public EventWriter Events => field ??= new EventWriter(context);

    public void Citations(AnswerCitations citations) =>
        Events.Json("event: citations\ndata: "u8, new CitationsEvent(Citation.Of(citations.Citations)), GatewayJson.Wire.CitationsEvent);

    public void Text(string text) => Events.Text("event: token\ndata: {\"text\":\""u8, text, "\"}\n\n"u8);

    public void End(AnswerEnd end)
    {
        Events.Json(
            "event: usage\ndata: "u8,
            new UsageEvent(new UsageCounts(end.PromptTokens, end.CompletionTokens), Timings.Of(end.Timings), end.Degraded, end.Model),
            GatewayJson.Wire.UsageEvent);
        Events.Json("event: done\ndata: "u8, new DoneEvent(end.FinishReason), GatewayJson.Wire.DoneEvent);
    }

    public void Error(Problem problem) => Events.Json("event: error\ndata: "u8, problem, GatewayJson.Wire.Problem);
}
