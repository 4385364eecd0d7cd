using System.Net.Sockets;
using Rag.Errors;

namespace Rag.Seams.Faults;

/// <summary>A fault while it lasts.</summary>
internal sealed class ActiveFault(FaultLease lease, TimeProvider time, Chance chance)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;

    public FaultLease Lease => lease;

    public FaultSpec Spec => lease.Spec;

    /// <summary>Its kind, as a label.</summary>
    public string Kind { get; } = lease.Spec.Kind.ToString().ToLowerInvariant();

    /// <summary>After how many items a stream breaks off; null when it doesn't.</summary>
    public int? CutAfter => Spec.Kind == FaultKind.Cut ? Spec.Items : null;

    /// <summary>Whether it is for a call.</summary>
    public bool IsFor(string service, string call) => Spec.Service == service && (Spec.Call is null || Spec.Call == call);

    /// <summary>Calls back when its time is over.</summary>
    public void EndLater(Action end)
    {
        using (ExecutionContext.SuppressFlow()) // it outlives the request that asked for it
            _timer = time.CreateTimer(static end => ((Action)end!)(), end, Spec.For, Timeout.InfiniteTimeSpan);
        if (_ended.Task.IsCompleted)
            _timer.Dispose();
    }

    /// <summary>Lets go of everyone who hangs.</summary>
    public void End()
    {
        _timer?.Dispose();
        _ended.TrySetResult();
    }

    /// <summary>What a call meets before it starts.</summary>
    public ValueTask MeetAsync(CancellationToken cancellationToken) => Spec.Kind switch
    {
        FaultKind.Latency => new ValueTask(Task.Delay(Delay(), time, cancellationToken)),
        FaultKind.Hang => new ValueTask(_ended.Task.WaitAsync(cancellationToken)),
        FaultKind.Error => throw new RagException(Spec.Error ?? RagError.Unavailable, $"{Spec.Service}: an injected fault, {lease.Id}"),
        FaultKind.Refuse => throw new RagException(
            RagError.Unavailable, $"{Spec.Service}: refused by an injected fault, {lease.Id}", null, new SocketException((int)SocketError.ConnectionRefused)),
        _ => ValueTask.CompletedTask,
    };

    private TimeSpan Delay()
    {
        var jitter = Spec.Jitter ?? TimeSpan.Zero;
        return Spec.Latency!.Value - jitter + 2 * jitter * chance.Next();
    }
}
