using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>
/// Keeps a few exchanges that are worth reading: of each operation the slowest answered ones, and of each operation and reason a fair sample of those that
/// were not (Vitter's reservoir: each has the same chance, however many come). Of those answered that the target was asked to trace a few are kept too, to see what an
/// ordinary one does. What is kept is bounded by operations × (slowest + traced) + reasons × failed.
/// </summary>
internal sealed class ExchangeSampler
{
    private const int Slowest = 20, FailedPerReason = 5, TracedPerOperation = 5, MostReasons = 64, LongestText = 4096;

    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly PriorityQueue<SampledExchange, long>[] _slow;
    private readonly long[] _floors;
    private readonly Dictionary<(int Operation, string Reason), Reservoir> _failed = [];
    private readonly Reservoir[] _traced;
    private readonly string? _traceUrl;

    public ExchangeSampler(int operations, ulong seed, string? traceUrl = null)
    {
        _traceUrl = traceUrl;
        _traced = [.. Enumerable.Range(0, operations).Select(_ => new Reservoir())];
        _random = new Random(unchecked((int)(seed ^ (seed >> 32))));
        _slow = [.. Enumerable.Range(0, operations).Select(_ => new PriorityQueue<SampledExchange, long>())];
        _floors = new long[operations];
    }

    /// <summary>Grows whenever a sample is taken.</summary>
    public long Version { get; private set; }

    public void Offer(int operation, Exchange exchange)
    {
        if (exchange.Outcome is Outcome.Ok or Outcome.Degraded)
        {
            OfferSlow(operation, exchange);
            if (exchange.Trace is { Sampled: true })
                OfferTraced(operation, exchange);
        }
        else
            OfferFailed(operation, exchange);
    }

    /// <summary>The samples so far: the slowest of each operation first, then those that were not answered and those that are traced, in the order in which they were due.</summary>
    public IReadOnlyList<SampledExchange> Samples()
    {
        lock (_gate)
            return
            [
                .. _slow.SelectMany(queue => queue.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element)),
                .. _failed.Values.SelectMany(reservoir => reservoir.Kept).OrderBy(exchange => exchange.Due),
                .. _traced.SelectMany(reservoir => reservoir.Kept).OrderBy(exchange => exchange.Due),
            ];
    }

    private void OfferSlow(int operation, Exchange exchange)
    {
        var time = exchange.End - exchange.Due;
        // Almost every exchange ends here, without the lock: a floor only ever rises.
        if (time <= Volatile.Read(ref _floors[operation]))
            return;
        lock (_gate)
        {
            var queue = _slow[operation];
            if (queue.Count < Slowest)
                queue.Enqueue(Sample("slow", exchange), time);
            else if (time > _floors[operation])
                queue.EnqueueDequeue(Sample("slow", exchange), time);
            else
                return;
            Version++;
            if (queue.Count == Slowest && queue.TryPeek(out _, out var floor))
                Volatile.Write(ref _floors[operation], floor);
        }
    }

    private void OfferFailed(int operation, Exchange exchange)
    {
        lock (_gate)
        {
            var key = (operation, exchange.Reason ?? Measures.Name(exchange.Outcome));
            if (!_failed.TryGetValue(key, out var reservoir))
            {
                if (_failed.Count >= MostReasons)
                    return;
                _failed[key] = reservoir = new Reservoir();
            }
            Keep(reservoir, FailedPerReason, "failed", exchange);
        }
    }

    private void OfferTraced(int operation, Exchange exchange)
    {
        lock (_gate)
            Keep(_traced[operation], TracedPerOperation, "traced", exchange);
    }

    private void Keep(Reservoir reservoir, int most, string why, Exchange exchange)
    {
        reservoir.Seen++;
        if (reservoir.Kept.Count < most)
            reservoir.Kept.Add(Sample(why, exchange));
        else if (_random.NextInt64(reservoir.Seen) is var at && at < most)
            reservoir.Kept[(int)at] = Sample(why, exchange);
        else
            return;
        Version++;
    }

    private SampledExchange Sample(string why, Exchange exchange) => new(
        why, exchange.Operation, exchange.User, Measures.Name(exchange.Outcome), exchange.Reason, exchange.Status,
        Seconds(exchange.Due) ?? 0, Seconds(exchange.Sent) ?? 0, Seconds(exchange.FirstByte), Seconds(exchange.FirstContent), Seconds(exchange.End) ?? 0,
        exchange.Tokens, Cut(exchange.RequestText), Cut(exchange.ResponseText))
    {
        TraceId = exchange.Trace?.TraceId,
        TraceUrl = exchange.Trace is { } trace ? _traceUrl?.Replace(TargetProfile.TraceIdMark, trace.TraceId, StringComparison.Ordinal) : null,
    };

    private static double? Seconds(long nanoseconds) => nanoseconds < 0 ? null : Math.Round(nanoseconds / 1e9, 6);

    private static string? Cut(string? text) => text is { Length: > LongestText } ? text[..LongestText] : text;

    private sealed class Reservoir
    {
        public List<SampledExchange> Kept { get; } = [];

        public long Seen { get; set; }
    }
}
