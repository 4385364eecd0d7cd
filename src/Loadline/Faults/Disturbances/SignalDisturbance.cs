using Loadline.Plans;
using Loadline.Processes;
using Loadline.Targets;

namespace Loadline.Faults.Disturbances;

/// <summary>Kills, ends or freezes processes that have an id on this machine.</summary>
internal sealed class SignalDisturbance(PlanFault fault, ProcessPlace place, FaultGround ground, TimeProvider time) : IDisturbance
{
    // A supervisor brings a process back within some 200 ms.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private IReadOnlyList<(string Name, int Pid, long Start)> _found = [];

    private int Signal => fault.Kind switch { FaultKind.Kill => Signals.Kill, FaultKind.Stop => Signals.Terminate, _ => Signals.Stop };

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken)
    {
        _found = place.Find(ground.Processes());
        if (_found.Count == 0)
            throw new FaultException(
                place.Kind == "pid" ? $"there is no process {place.Name}"
                : place.Kind == "port" ? PortOwners.AreKnown ? $"nobody listens on port {place.Name} of this machine, or it is another user's process" : $"who listens on port {place.Name} can be told on Linux alone"
                : $"the target has no process '{place.Name}'; it has {string.Join(", ", ground.Processes().Select(process => process.Name).DefaultIfEmpty("none that Loadline started"))}");
        return Task.FromResult<IReadOnlyList<UndoStep>>(fault.Kind == FaultKind.Freeze ? [.. _found.Select(process => new UndoStep.Continue(process.Pid, process.Start))] : []);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken)
    {
        var refused = _found.Where(process => !Signals.SendTo(process.Pid, process.Start, Signal)).ToList();
        if (refused.Count > 0)
            throw new FaultException($"process {refused[0].Pid} ({refused[0].Name}) ended a moment ago, or may not be signalled by this user");
        return Task.FromResult<IReadOnlyList<UndoStep>?>(null);
    }

    /// <summary>What was killed is killed again when it comes back: a supervisor would end the fault otherwise.</summary>
    public async Task HoldAsync(CancellationToken cancellationToken)
    {
        if (fault.Kind == FaultKind.Freeze || place.Kind == "pid")
            return;
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            foreach (var (_, pid, start) in place.Find(ground.Processes()))
                Signals.SendTo(pid, start, Signal);
    }
}
