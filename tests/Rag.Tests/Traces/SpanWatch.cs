using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Traces;

namespace Rag.Tests.Traces;

/// <summary>Listens to all spans of the process while it lives; tests tell theirs by the trace's id.</summary>
internal sealed class SpanWatch : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public SpanWatch()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Spans.Source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The spans of a trace that have ended.</summary>
    public IReadOnlyList<Activity> Of(string trace) => [.. _ended.Where(span => span.TraceId.ToHexString() == trace)];

    public void Dispose() => _listener.Dispose();
}
