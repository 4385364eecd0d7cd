using System.Diagnostics;
using Rag.Traces;

namespace Rag.Ingestion;

/// <summary>
/// The spans of a batch: one for each job, under the upload that it came from, from claimed to its result recorded; and in it one for each step. Steps that take several
/// documents at once have a span in each of their traces. The calls to other services that they make are in the first's, and the others' spans link there.
/// https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
/// </summary>
internal sealed class JobSpans : IDisposable
{
    /// <summary>Those of a batch that nobody traces.</summary>
    public static readonly JobSpans None = new([]);

    private readonly Dictionary<long, Activity> _jobs;

    private JobSpans(Dictionary<long, Activity> jobs) => _jobs = jobs;

    /// <summary>Begins them for jobs that were just claimed.</summary>
    public static JobSpans Begin(IReadOnlyList<IngestionJob> jobs)
    {
        if (!Spans.AreWanted)
            return None;
        var above = Activity.Current;
        var spans = new Dictionary<long, Activity>(jobs.Count);
        foreach (var job in jobs)
            if (Spans.Begin("process ingestion", ActivityKind.Consumer, job.TraceParent) is { } span)
            {
                span.SetTag("messaging.system", "rag").SetTag("messaging.operation.type", "process").SetTag("messaging.destination.name", "ingestion")
                    .SetTag("messaging.message.id", job.JobId).SetTag("messaging.batch.message_count", jobs.Count)
                    .SetTag("rag.job.kind", job.Kind == IngestionKind.Index ? "index" : "delete").SetTag("rag.job.attempt", job.Attempt + 1)
                    .SetTag("rag.document.bytes", job.Content.Length);
                spans[job.JobId] = span;
            }

        Activity.Current = above;
        return spans.Count == 0 ? None : new JobSpans(spans);
    }

    /// <summary>Begins a step of one job, or of several at once. Current until it is disposed of is the span of the first that has one.</summary>
    public Step Begin(string name, params IEnumerable<IngestionJob> jobs)
    {
        if (_jobs.Count == 0)
            return default;
        var above = Activity.Current;
        List<Activity>? steps = null;
        foreach (var job in jobs)
            if (_jobs.TryGetValue(job.JobId, out var span))
            {
                Activity.Current = span;
                if (Spans.Within(name) is { } step)
                    (steps ??= []).Add(step);
            }

        if (steps is null)
        {
            Activity.Current = above;
            return default;
        }

        foreach (var other in steps.Skip(1))
            other.AddLink(new ActivityLink(steps[0].Context));
        Activity.Current = steps[0];
        return new Step(steps, above);
    }

    /// <summary>Begins the recording of results: current is the first job's span.</summary>
    public Step Recording(IReadOnlyList<IngestionResult> results)
    {
        var step = Begin("record", results.Select(result => result.Job));
        foreach (var result in results)
            if (_jobs.TryGetValue(result.Job.JobId, out var span))
            {
                span.SetTag("rag.job.outcome", result.Outcome.ToString().ToLowerInvariant()).SetTag("rag.document.chunks", result.Chunks);
                if (result.Outcome is not (IngestionOutcome.Done or IngestionOutcome.Superseded))
                    span.SetStatus(ActivityStatusCode.Error, result.Outcome.ToString());
            }

        return step;
    }

    /// <summary>Ends those of all jobs.</summary>
    public void Dispose()
    {
        if (_jobs.Count == 0)
            return;
        var above = Activity.Current;
        foreach (var span in _jobs.Values)
            span.Dispose();
        Activity.Current = above;
    }

    /// <summary>A step under way.</summary>
    internal readonly struct Step(List<Activity>? spans, Activity? above) : IDisposable
    {
        public void Dispose()
        {
            if (spans is null)
                return;
            foreach (var span in spans)
                span.Dispose();
            Activity.Current = above;
        }
    }
}
