using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Errors;

namespace Rag.Seams.Faults;

/// <summary>The faults of this process's services. One per process; while there are none, a call pays for one look at a field.</summary>
public sealed partial class FaultBoard : IFaultControl, IDisposable
{
    private const int MostActive = 64;

    private readonly Lock _lock = new();
    private readonly Meter _meter = new("Rag");
    private readonly Counter<long> _met;
    private readonly TimeProvider _time;
    private readonly Chance _chance;
    private readonly ILogger _log;
    private volatile ActiveFault[] _active = []; // replaced as a whole, under the lock; read without

    /// <param name="targets">The services of this process, each with the names of its calls.</param>
    /// <param name="time">The clock.</param>
    /// <param name="seed">Of jitter, of who is affected where the share is less than 1, and of the leases' names.</param>
    /// <param name="log">Told of every fault's beginning and end: nobody shall look for a cause that was injected.</param>
    public FaultBoard(IReadOnlyDictionary<string, IReadOnlyList<string>> targets, TimeProvider time, int seed, ILogger<FaultBoard>? log = null)
    {
        (Targets, _time, _chance, _log) = (targets, time, new Chance(seed), log ?? NullLogger<FaultBoard>.Instance);
        _met = _meter.CreateCounter<long>("rag.faults.met", null, "Calls that met an injected fault");
        _meter.CreateObservableGauge(
            "rag.faults.active",
            () => _active.GroupBy(fault => fault.Spec.Service).Select(group => new Measurement<int>(group.Count(), new KeyValuePair<string, object?>("service", group.Key))),
            null, "Injected faults that are active");
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Targets { get; }

    /// <summary>Whether there are no faults.</summary>
    public bool IsQuiet => _active.Length == 0;

    /// <inheritdoc/>
    public ValueTask<FaultLease> ApplyAsync(FaultSpec spec, CancellationToken cancellationToken)
    {
        var problems = spec.Problems(Targets).ToList();
        if (problems.Count > 0)
            throw new RagException(RagError.InvalidArgument, string.Join("; ", problems.Select(problem => $"{problem.Field}: {problem.Rule}")));
        ActiveFault fault;
        lock (_lock)
        {
            var id = spec.Id ?? $"{spec.Service}-{_chance.Next(int.MaxValue):x8}";
            if (_active.Length >= MostActive)
                throw new RagException(RagError.Overloaded, $"{MostActive} faults are active already; end some", TimeSpan.FromSeconds(1));
            if (_active.Any(active => active.Lease.Id == id))
                throw new RagException(RagError.InvalidArgument, $"id: a fault '{id}' is active already");
            var now = _time.GetUtcNow();
            fault = new ActiveFault(new FaultLease(id, spec, now, now + spec.For), _time, _chance);
            _active = [.. _active, fault];
        }

        Began(fault.Lease.Id, spec.Kind, spec.Service, spec.Call ?? "all calls", spec.Share, spec.For);
        fault.EndLater(() => TryEnd(fault));
        return ValueTask.FromResult(fault.Lease);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FaultLease>> ListAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<FaultLease>>([.. _active.Select(fault => fault.Lease)]);

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(string id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_active.FirstOrDefault(fault => fault.Lease.Id == id) is { } found && TryEnd(found));

    /// <inheritdoc/>
    public ValueTask<int> EndAllAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_active.Count(TryEnd));

    /// <summary>Lets work meet the faults that are active for it, if any; for a place that has no seam.</summary>
    /// <exception cref="RagException">What the fault says.</exception>
    public async ValueTask MeetAsync(string service, string call, CancellationToken cancellationToken)
    {
        foreach (var fault in Draw(service, call))
            await fault.MeetAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var fault in _active)
            TryEnd(fault);
        _meter.Dispose();
    }

    /// <summary>The faults that a call meets: those for it, as far as chance wants it.</summary>
    internal IReadOnlyList<ActiveFault> Draw(string service, string call)
    {
        List<ActiveFault>? drawn = null;
        foreach (var fault in _active)
            if (fault.IsFor(service, call) && (fault.Spec.Share >= 1 || _chance.Next() < fault.Spec.Share))
            {
                (drawn ??= []).Add(fault);
                _met.Add(1, new KeyValuePair<string, object?>("service", service), new KeyValuePair<string, object?>("kind", fault.Kind));
            }

        return drawn ?? (IReadOnlyList<ActiveFault>)[];
    }

    private bool TryEnd(ActiveFault fault)
    {
        lock (_lock)
        {
            if (!_active.Contains(fault))
                return false;
            _active = [.. _active.Where(active => active != fault)];
        }

        fault.End();
        Ended(fault.Lease.Id, fault.Spec.Kind, fault.Spec.Service);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fault {Id} begins: {Kind} at {Service}, {Call}, share {Share}, for {Duration}")]
    private partial void Began(string id, FaultKind kind, string service, string call, double share, TimeSpan duration);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fault {Id} has ended: {Kind} at {Service}")]
    private partial void Ended(string id, FaultKind kind, string service);
}
