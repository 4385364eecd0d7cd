using Loadline.Plans;

namespace Loadline.Faults.Disturbances;

/// <summary>Runs a command of the plan's own, and another that undoes it.</summary>
internal sealed class CommandDisturbance(PlanFault fault) : IDisturbance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<UndoStep>>([new UndoStep.Shell(fault.Undo!)]);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken) =>
        await ShellCommand.RunAsync(fault.Where, Patience, cancellationToken).ConfigureAwait(false) is { } why ? throw new FaultException(why) : null;
}
