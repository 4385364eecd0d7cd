using System.Diagnostics;
using OpenTelemetry;
using Rag.Traces;

namespace Rag.Host.Telemetry;

/// <summary>
/// Keeps spans of unsampled traces until the request that they belong to has ended in this process. A slow, failed or degraded one is sent with all that it holds; the
/// others are forgotten.
/// <code>
/// sampled span ──────────────────────────────────────────────▶ exporter
/// unsampled ─▶ held with its root ─ the root ends ─▶ slow, failed, degraded? ─▶ exporter, at most so many a second
///                                                     └ no ─▶ forgotten
/// </code>
/// Each process decides by itself: what is fast and well inside a slow request is missing where it ran in another process. Spans held are bounded; so is each request's share.
/// </summary>
/// <param name="exporter">Takes what is sent.</param>
/// <param name="options">What is slow, and the bounds.</param>
/// <param name="time">The clock.</param>
internal sealed class TailProcessor(BaseProcessor<Activity> exporter, TraceOptions options, TimeProvider time)
    : CompositeProcessor<Activity>([exporter]) // which tells the exporter whose spans these are, flushes it, and disposes of it
{
    /// <summary>Why a root was kept, as the tag <c>rag.trace.kept</c> tells.</summary>
    public const string KeptTag = "rag.trace.kept";

    private const string RequestProperty = "rag.held";
    private const int MostPerRequest = 512;

    private readonly Lock _gate = new();
    private int _held;
    private double _tokens = options.KeptPerSecond;
    private long _filled = time.GetTimestamp();
    private long _lost;

    /// <summary>Spans that are held now.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Spans of unsampled requests that found no room.</summary>
    public long Lost => Volatile.Read(ref _lost);

    public override void OnStart(Activity data)
    {
        if (!data.Recorded && data.Parent is null)
            data.SetCustomProperty(RequestProperty, new Request());
    }

    public override void OnEnd(Activity data)
    {
        if (data.Recorded)
        {
            exporter.OnEnd(data);
            return;
        }

        var root = data;
        while (root.Parent is { } above)
            root = above;
        if (root.GetCustomProperty(RequestProperty) is not Request request)
            return;
        if (data == root)
            End(root, request);
        else
            Hold(data, request);
    }

    private void Hold(Activity span, Request request)
    {
        var late = false;
        lock (request)
        {
            if (request.Over is { } kept)
                late = kept; // it went on in the background after its request had ended
            else if (request.Spans.Count < MostPerRequest && Interlocked.Increment(ref _held) is var held && held <= options.HeldSpans)
                request.Spans.Add(span);
            else
            {
                if (request.Spans.Count < MostPerRequest)
                    Interlocked.Decrement(ref _held);
                Interlocked.Increment(ref _lost);
            }
        }

        if (late)
            Send(span);
    }

    private void End(Activity root, Request request)
    {
        var why = Why(root);
        if (why is not null && !TrySpend())
            why = null;
        List<Activity> spans;
        lock (request)
        {
            request.Over = why is not null;
            (spans, request.Spans) = (request.Spans, []);
        }

        Interlocked.Add(ref _held, -spans.Count);
        if (why is null)
            return;
        root.SetTag(KeptTag, why);
        foreach (var span in spans)
            Send(span);
        Send(root);
    }

    private string? Why(Activity root) =>
        root.Status == ActivityStatusCode.Error ? "failed"
        : root.Duration >= options.Slow ? "slow"
        : root.GetTagItem(Spans.Degraded) is not null ? "degraded"
        : null;

    private void Send(Activity span)
    {
        span.ActivityTraceFlags |= ActivityTraceFlags.Recorded; // exporters pass over what is not
        exporter.OnEnd(span);
    }

    // A bucket that holds a second's worth.
    private bool TrySpend()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _tokens = Math.Min(options.KeptPerSecond, _tokens + time.GetElapsedTime(_filled, now).TotalSeconds * options.KeptPerSecond);
            _filled = now;
            if (_tokens < 1)
                return false;
            _tokens--;
            return true;
        }
    }

    /// <summary>What is held of one request.</summary>
    private sealed class Request
    {
        public List<Activity> Spans { get; set; } = [];

        /// <summary>Whether it was kept; null while it lasts.</summary>
        public bool? Over { get; set; }
    }
}
