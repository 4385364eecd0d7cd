using System.Diagnostics;
using Rag.Errors;

namespace Rag.Seams;

/// <summary>A span for each call, as long as somebody listens to the source <c>Rag</c>.</summary>
internal static class SeamTrace
{
    private static readonly ActivitySource Source = new("Rag");

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Starts a call's span.</summary>
    public static Activity? Start(CallMeter call) => Source.StartActivity(call.Span, ActivityKind.Client);

    /// <summary>Marks a span with the kind of failure; never with its text, which may tell of a request.</summary>
    public static void Failed(Activity? span, Exception error) =>
        span?.SetStatus(ActivityStatusCode.Error, error is RagException rag ? rag.Error.ToString() : error.GetType().Name);
}
