using System.Diagnostics;
using Rag.Errors;

namespace Rag.Traces;

/// <summary>
/// Starts spans, by OpenTelemetry's conventions for names and attributes. Nothing costs anything until somebody listens to the source <see cref="Source"/>. A span never
/// holds a text of a document or a question, a key, or a path that a client made up: routes, calls, kinds of failure and counts only.
/// </summary>
public static class Spans
{
    /// <summary>The source's name.</summary>
    public const string Source = "Rag";

    /// <summary>The tag of a root whose answer lacked parts: their codes.</summary>
    public const string Degraded = "rag.degraded";

    private static readonly ActivitySource Activities = new(Source);

    /// <summary>Whether anybody listens.</summary>
    public static bool AreWanted => Activities.HasListeners();

    /// <summary>The span that further ones belong under: the current one, if it is one of these, records and has not ended.</summary>
    public static Activity? Current =>
        Activity.Current is { IsAllDataRequested: true, IsStopped: false } span && ReferenceEquals(span.Source, Activities) ? span : null;

    /// <summary>
    /// Starts the span of a request that came from elsewhere, and makes it current. The framework's own activity, which nobody exports, is passed over: the span's parent
    /// is the caller's.
    /// </summary>
    /// <param name="name">What is asked for: <c>POST /query</c>, <c>rag.search/Search</c>.</param>
    /// <param name="kind">Server, or consumer.</param>
    /// <param name="traceParent">The caller's <c>traceparent</c>; what is none counts as absent, and the span begins a trace.</param>
    /// <param name="traceState">The caller's <c>tracestate</c>.</param>
    /// <returns>The span; null when nobody wants it.</returns>
    public static Activity? Begin(string name, ActivityKind kind, string? traceParent, string? traceState = null)
    {
        if (!Activities.HasListeners())
            return null;
        var above = Activity.Current;
        Activity.Current = null;
        ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var caller);
        var span = Activities.StartActivity(name, kind, caller);
        if (span is null)
            Activity.Current = above;
        return span;
    }

    /// <summary>Starts a span under the current one and makes it current; null where there is none (<see cref="Current"/>): work in the background makes no traces.</summary>
    public static Activity? Within(string name, ActivityKind kind = ActivityKind.Internal) => Current is null ? null : Activities.StartActivity(name, kind);

    /// <summary>The current trace as <c>traceparent</c>, for who goes on with it later; null while nobody listens.</summary>
    public static string? Parent => Activities.HasListeners() && Activity.Current is { IdFormat: ActivityIdFormat.W3C } span ? span.Id : null;

    /// <summary>Marks a span with the kind of failure; never with its words, which may tell of a request.</summary>
    public static void Failed(this Activity? span, Exception error)
    {
        if (span is null)
            return;
        var kind = Kind(error);
        span.SetTag("error.type", kind);
        if (error is not OperationCanceledException) // nobody wanted the rest
            span.SetStatus(ActivityStatusCode.Error, kind);
    }

    /// <summary>As <see cref="Failed"/>, at the side that answers: what the caller did wrong is no failure of the service.</summary>
    public static void Refused(this Activity? span, Exception error)
    {
        if (error is RagException { Error: not (RagError.Unavailable or RagError.Overloaded or RagError.DeadlineExceeded) })
            span?.SetTag("error.type", Kind(error));
        else
            span.Failed(error);
    }

    private static string Kind(Exception error) => error switch
    {
        RagException known => known.Error.ToString(),
        OperationCanceledException => "cancelled",
        _ => error.GetType().Name,
    };
}
