using System.Diagnostics.Metrics;

namespace Rag.Seams;

/// <summary>
/// What this process's seams tell: counters are plain numbers that are read when somebody looks, since a counter's listener would cost more than the call.
/// Labels are services, calls and outcomes, each a short list that the contracts and this folder fix.
/// </summary>
internal sealed class SeamMetrics : IDisposable
{
    private static readonly string[] Outcomes = [.. Enum.GetNames<CallOutcome>().Select(name => name.ToLowerInvariant())];

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Func<IEnumerable<Dependency>> _dependencies;

    /// <param name="dependencies">Whom to tell about.</param>
    /// <param name="meter">The meter's name.</param>
    public SeamMetrics(Func<IEnumerable<Dependency>> dependencies, string meter)
    {
        _meter = new Meter(meter);
        _dependencies = dependencies;
        _duration = _meter.CreateHistogram<double>(
            "rag.seam.duration", "s", "From a caller's call to its reply or, for a stream, its first item; waiting and retries included; calls refused for want of room or an open circuit left out");
        _meter.CreateObservableCounter("rag.seam.calls", Calls, null, "Calls to a service, by outcome as the caller saw it");
        Each("rag.seam.retries", "Calls tried once more", d => d.Retries);
        Each("rag.seam.hedges", "Slow calls sent to a second peer", d => d.Hedges);
        _meter.CreateObservableCounter(
            "rag.seam.refusals",
            () => _dependencies().SelectMany(d => new[]
            {
                new Measurement<long>(d.Bulkhead.Refused, new("service", d.Service), new("reason", "full")),
                new Measurement<long>(d.Bulkhead.Dropped, new("service", d.Service), new("reason", "waited")),
                new Measurement<long>(d.RefusedOpen, new("service", d.Service), new("reason", "open")),
                new Measurement<long>(d.RefusedExpired, new("service", d.Service), new("reason", "expired")),
            }),
            null, "Calls refused before they reached the service: no room, waited for too long, circuit open, no time left");
        Each("rag.seam.breaker.openings", "How often a circuit has opened", d => d.Breaker.Openings);
        Gauge("rag.seam.breaker.state", "0 closed, 1 half-open (a probe is on its way), 2 open", d => (int)d.Breaker.State);
        Gauge("rag.seam.in_use", "Calls in flight, of those that the bulkhead counts", d => d.Bulkhead.InUse);
        Gauge("rag.seam.waiting", "Calls waiting for a place", d => d.Bulkhead.Waiting);
        Gauge("rag.seam.peers.out", "Peers that are left out because they failed", d => d.PeersOut);
    }

    /// <summary>Notes how long a call took.</summary>
    public void Took(CallMeter call, TimeSpan time)
    {
        if (_duration.Enabled)
            _duration.Record(time.TotalSeconds, call.Tags);
    }

    public void Dispose() => _meter.Dispose();

    private void Each(string name, string description, Func<Dependency, long> value) =>
        _meter.CreateObservableCounter(name, () => _dependencies().Select(d => new Measurement<long>(value(d), new KeyValuePair<string, object?>("service", d.Service))), null, description);

    private void Gauge(string name, string description, Func<Dependency, int> value) =>
        _meter.CreateObservableGauge(name, () => _dependencies().Select(d => new Measurement<int>(value(d), new KeyValuePair<string, object?>("service", d.Service))), null, description);

    private IEnumerable<Measurement<long>> Calls() =>
        from dependency in _dependencies()
        from call in dependency.Calls
        from outcome in Enum.GetValues<CallOutcome>()
        let count = call[outcome]
        where count > 0
        select new Measurement<long>(count, new("service", dependency.Service), new("call", call.Name), new("outcome", Outcomes[(int)outcome]));
}

/// <summary>Counts one call's outcomes.</summary>
/// <param name="service">The service.</param>
/// <param name="name">The call.</param>
internal sealed class CallMeter(string service, string name)
{
    private readonly long[] _outcomes = new long[Enum.GetValues<CallOutcome>().Length];
    private readonly KeyValuePair<string, object?>[] _tags = [new("service", service), new("call", name)];

    /// <summary>The call's name.</summary>
    public string Name => name;

    /// <summary>The labels of its duration.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> Tags => _tags;

    /// <summary>The name of its span.</summary>
    public string Span { get; } = Call.SpanOf(service, name);

    /// <summary>What its span says of it: the system is the seam, whether the service is here or reached by gRPC.</summary>
    public KeyValuePair<string, object?>[] SpanTags { get; } = [new("rpc.system", "rag"), new("rpc.service", $"rag.{service}"), new("rpc.method", name)];

    /// <summary>How often it ended so.</summary>
    public long this[CallOutcome outcome] => Volatile.Read(ref _outcomes[(int)outcome]);

    /// <summary>Counts an end.</summary>
    public void Count(CallOutcome outcome) => Interlocked.Increment(ref _outcomes[(int)outcome]);
}
