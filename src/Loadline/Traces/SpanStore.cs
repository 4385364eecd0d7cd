namespace Loadline.Traces;

/// <summary>
/// Spans that came in, by trace, until the run's end says which traces are wanted. Bounded: when there are too many, the oldest traces that no kept exchange belongs to
/// go first, and then the oldest of all.
/// </summary>
/// <param name="mostSpans">The most spans.</param>
internal sealed class SpanStore(int mostSpans = 20_000)
{
    private const int MostPerTrace = 500;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<TraceSpan>> _traces = [];
    private readonly Queue<string> _order = new();
    private Func<IReadOnlySet<string>> _wanted = static () => new HashSet<string>();
    private int _spans;
    private long _lost;

    /// <summary>Spans that found no room or had to make it.</summary>
    public long Lost
    {
        get
        {
            lock (_gate)
                return _lost;
        }
    }

    /// <summary>Says who knows which traces are wanted by now.</summary>
    public void Wants(Func<IReadOnlySet<string>> wanted)
    {
        lock (_gate)
            _wanted = wanted;
    }

    /// <summary>Takes spans in.</summary>
    public void Add(IEnumerable<(string TraceId, TraceSpan Span)> spans)
    {
        lock (_gate)
        {
            foreach (var (id, span) in spans)
            {
                if (!_traces.TryGetValue(id, out var trace))
                {
                    _traces.Add(id, trace = []);
                    _order.Enqueue(id);
                }

                if (trace.Count >= MostPerTrace)
                {
                    _lost++;
                    continue;
                }

                trace.Add(span);
                _spans++;
            }

            if (_spans > mostSpans)
                Shrink();
        }
    }

    /// <summary>Those of some traces.</summary>
    public IReadOnlyList<KeptTrace> Of(IReadOnlySet<string> traces)
    {
        lock (_gate)
            return [.. _traces.Where(trace => traces.Contains(trace.Key)).Select(trace => new KeptTrace(trace.Key, [.. trace.Value.OrderBy(span => span.Start).ThenByDescending(span => span.End)]))];
    }

    // To three quarters, so that it is seldom; the newest are left alone at first: their exchanges may not have ended.
    private void Shrink()
    {
        var wanted = _wanted();
        var enough = mostSpans / 4 * 3;
        for (var (looks, newest) = (_order.Count, _order.Count / 4); looks > newest && _spans > enough; looks--)
        {
            var id = _order.Dequeue();
            if (wanted.Contains(id))
                _order.Enqueue(id);
            else
                Drop(id);
        }

        while (_spans > mostSpans && _order.TryDequeue(out var oldest))
            Drop(oldest);
    }

    private void Drop(string id)
    {
        _traces.Remove(id, out var dropped);
        _spans -= dropped!.Count;
        _lost += dropped.Count;
    }
}
