using Loadline.Plans;
using Loadline.Targets;

namespace Loadline.Faults.Disturbances;

/// <summary>Kills, ends or freezes what a manager runs: a systemd unit, a docker container, a Kubernetes pod; with that manager's own command.</summary>
internal sealed class ManagedDisturbance(PlanFault fault, ProcessPlace place, TimeProvider time) : IDisturbance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    // `docker stop` returns when the container has ended: by itself, or killed after ten seconds.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private string Do => (place.Kind, fault.Kind) switch
    {
        ("unit", FaultKind.Freeze) => $"systemctl kill --signal=SIGSTOP '{place.Name}'",
        ("unit", FaultKind.Kill) => $"systemctl kill --signal=SIGKILL '{place.Name}'",
        ("unit", _) => $"systemctl stop --no-block '{place.Name}'",
        ("container", FaultKind.Freeze) => $"docker pause '{place.Name}'",
        ("container", FaultKind.Kill) => $"docker kill '{place.Name}'",
        ("container", _) => $"docker kill --signal=SIGTERM '{place.Name}'",
        (_, FaultKind.Kill) => $"kubectl delete pod --grace-period=0 --force --wait=false '{place.Name}'",
        _ => $"kubectl delete pod --wait=false '{place.Name}'",
    };

    // A container whose first process does not care for SIGTERM, as many shells and interpreters don't, is killed when its grace is over; as its manager would do.
    private string Again => (place.Kind, fault.Kind) is ("container", FaultKind.Stop) ? $"docker stop '{place.Name}'" : Do;

    // Twice does no harm. What is about to end still counts as running, and a start of it would be none: so a stop is waited for, and a killed unit is started once more.
    // A unit that was killed too often is refused a start until it is forgiven. A pod's controller makes another one.
    private string? Undo => (place.Kind, fault.Kind) switch
    {
        ("unit", FaultKind.Freeze) => $"systemctl kill --signal=SIGCONT '{place.Name}'",
        ("unit", FaultKind.Kill) => $"{StartUnit}; sleep 1; {StartUnit}",
        ("unit", _) => StartUnit,
        ("container", FaultKind.Freeze) => $"docker unpause '{place.Name}' || {StateOf("Paused")} = false",
        ("container", FaultKind.Stop) => $"docker stop -t 1 '{place.Name}' && docker start '{place.Name}'",
        ("container", _) => $"docker start '{place.Name}'",
        _ => null,
    };

    private string Exists => place.Kind switch
    {
        "unit" => $"systemctl is-active --quiet '{place.Name}'",
        "container" => $"{StateOf("Running")} = true",
        _ => $"kubectl get pod '{place.Name}' -o name",
    };

    private string StartUnit => $"systemctl reset-failed '{place.Name}' 2>/dev/null; systemctl start --no-block '{place.Name}'";

    private string StateOf(string what) => $"test \"$(docker inspect --format '{{{{.State.{what}}}}}' '{place.Name}')\"";

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
                await ShellCommand.RunAsync(Again, StopPatience, cancellationToken).ConfigureAwait(false);
    }
}
