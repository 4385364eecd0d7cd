using System.Diagnostics;
using Rag.Traces;

namespace Rag.Seams;

/// <summary>A span for each call that a trace leads to.</summary>
internal static class SeamTrace
{
    /// <summary>Whether a call made now belongs to a trace that is recorded.</summary>
    public static bool IsOn => Spans.AreWanted && Spans.Current is not null;

    /// <summary>Starts a call's span.</summary>
    public static Activity? Start(CallMeter call)
    {
        var span = Spans.Within(call.Span, ActivityKind.Client);
        if (span is not null)
            foreach (var (key, value) in call.SpanTags)
                span.SetTag(key, value);
        return span;
    }
}
