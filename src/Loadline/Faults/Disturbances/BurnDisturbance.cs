using System.Globalization;
using Loadline.Plans;
using Loadline.Processes;

namespace Loadline.Faults.Disturbances;

/// <summary>Burns cores or takes memory in a process of its own, which ends by itself: after the fault's time, or with this process.</summary>
internal sealed class BurnDisturbance(PlanFault fault) : IDisturbance
{
    // A moment after ours, which is exact.
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(2);

    private ChildProcess? _burner;

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<UndoStep>>([]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken)
    {
        var seconds = Math.Ceiling((fault.For + Later).TotalSeconds).ToString(CultureInfo.InvariantCulture);
        // At the priority of the target that it takes the processor from.
        _burner = ChildProcess.StartAssembly(
            "burner", OwnCommand.Assembly, ["burn", fault.Kind == FaultKind.Cpu ? "--cores" : "--bytes", fault.Where, "--seconds", seconds, "--parent", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)],
            yields: true);
        return Task.FromResult<IReadOnlyList<UndoStep>?>(null);
    }

    /// <inheritdoc/>
    public async Task EndAsync()
    {
        if (_burner is not null)
            await _burner.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
    }
}
