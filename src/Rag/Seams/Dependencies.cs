using System.Collections.Concurrent;

namespace Rag.Seams;

/// <summary>Every service that this process calls, as its seams see them. One per process.</summary>
public sealed class Dependencies : IDisposable
{
    private readonly ConcurrentDictionary<string, Dependency> _all = new();
    private readonly SeamMetrics _metrics;
    private readonly SeamOptions _options;
    private readonly TimeProvider _time;
    private readonly Chance _chance;

    /// <param name="options">How services are treated.</param>
    /// <param name="time">The clock.</param>
    /// <param name="seed">Of the jitter and the choice of peers. Processes must differ, or they would come back together.</param>
    public Dependencies(SeamOptions options, TimeProvider time, int seed)
    {
        (_options, _time, _chance) = (options, time, new Chance(seed));
        _metrics = new SeamMetrics(() => _all.Values);
    }

    /// <summary>How each service that was called or may be called is doing, by name.</summary>
    public IReadOnlyList<DependencyState> States =>
    [
        .. _all.Values.OrderBy(d => d.Service, StringComparer.Ordinal)
            .Select(d => new DependencyState(d.Service, d.Breaker.State, d.Breaker.Openings, d.Bulkhead.InUse, d.Bulkhead.Waiting, d.PeersOut)),
    ];

    /// <summary>Whether calls of a service are refused now. Cheap: for those who can choose another way before they try.</summary>
    public bool IsOpen(string service) => _all.TryGetValue(service, out var dependency) && dependency.Breaker.State == BreakerState.Open;

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        foreach (var dependency in _all.Values)
            dependency.Dispose();
    }

    /// <summary>One of them; the same for all contracts of a service.</summary>
    internal Dependency Of(string service) =>
        _all.GetOrAdd(service, static (name, all) => new Dependency(name, all._options, all._metrics, all._time, all._chance), this);
}

/// <summary>How a service is doing, seen from this process.</summary>
/// <param name="Service">Its name.</param>
/// <param name="Breaker">What its circuit breaker lets pass.</param>
/// <param name="Openings">How often that has opened since this process started.</param>
/// <param name="InUse">Calls in flight, of those that the bulkhead counts.</param>
/// <param name="Waiting">Calls waiting for a place.</param>
/// <param name="PeersOut">Peers that are left out because they failed.</param>
public sealed record DependencyState(string Service, BreakerState Breaker, int Openings, int InUse, int Waiting, int PeersOut);
