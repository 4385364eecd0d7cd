using Loadline.Plans;
using Loadline.Targets;

namespace Loadline.Faults.Disturbances;

/// <summary>Kills, ends or freezes what a manager runs: a systemd unit, a docker container, a Kubernetes pod; with that manager's own command.</summary>
internal sealed class ManagedDisturbance(PlanFault fault, ProcessPlace place, TimeProvider time) : IDisturbance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private string Do => (place.Kind, fault.Kind) switch
    {
        ("unit", FaultKind.Freeze) => $"systemctl kill --signal=SIGSTOP '{place.Name}'",
        ("unit", FaultKind.Kill) => $"systemctl kill --signal=SIGKILL '{place.Name}'",
        ("unit", _) => $"systemctl stop '{place.Name}'",
        ("container", FaultKind.Freeze) => $"docker pause '{place.Name}'",
        ("container", FaultKind.Kill) => $"docker kill '{place.Name}'",
        ("container", _) => $"docker stop '{place.Name}'",
        (_, FaultKind.Kill) => $"kubectl delete pod --grace-period=0 --force '{place.Name}'",
        _ => $"kubectl delete pod --wait=false '{place.Name}'",
    };

    // A pod's controller makes another one.
    private string? Undo => (place.Kind, fault.Kind) switch
    {
        ("unit", FaultKind.Freeze) => $"systemctl kill --signal=SIGCONT '{place.Name}'",
        ("unit", _) => $"systemctl start '{place.Name}'",
        ("container", FaultKind.Freeze) => $"docker unpause '{place.Name}'",
        ("container", _) => $"docker start '{place.Name}'",
        _ => null,
    };

    private string Exists => place.Kind switch
    {
        "unit" => $"systemctl is-active --quiet '{place.Name}'",
        "container" => $"test \"$(docker inspect --format '{{{{.State.Running}}}}' '{place.Name}')\" = true",
        _ => $"kubectl get pod '{place.Name}' -o name",
    };

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken)
    {
        if (await ShellCommand.RunAsync(Exists, Patience, cancellationToken).ConfigureAwait(false) is { } why)
            throw new FaultException($"{place} does not run: {why}");
        return Undo is { } undo ? [new UndoStep.Shell(undo)] : [];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken)
    {
        if (await ShellCommand.RunAsync(Do, Patience, cancellationToken).ConfigureAwait(false) is { } why)
            throw new FaultException(why);
        return null;
    }

    /// <summary>What was killed is killed again when its manager brings it back.</summary>
    public async Task HoldAsync(CancellationToken cancellationToken)
    {
        if (fault.Kind == FaultKind.Freeze || place.Kind == "pod")
            return;
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            if (await ShellCommand.RunAsync(Exists, Patience, cancellationToken).ConfigureAwait(false) is null)
                await ShellCommand.RunAsync(Do, Patience, cancellationToken).ConfigureAwait(false);
    }
}
