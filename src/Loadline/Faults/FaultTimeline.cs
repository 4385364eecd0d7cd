using Loadline.Faults.Disturbances;
using Loadline.Plans;
using Loadline.Users;
using Loadline.Wire;

namespace Loadline.Faults;

/// <summary>
/// Injects a plan's faults when they are due, and ends them. Each is a lease: journalled before it is injected, undone when its time is over, when the run ends and
/// when the lever is pulled; when this process is killed the guard undoes it.
/// <code>
/// due ─▶ prepare ─▶ journal ─▶ inject ─▶ journal ─▶ hold … ─▶ undo ─▶ journal
///                      └────────── from here on it is undone, whatever happens
/// </code>
/// </summary>
/// <param name="faults">The plan's faults.</param>
/// <param name="ground">What there is to be disturbed.</param>
/// <param name="folder">The run folder.</param>
/// <param name="clock">The run's clock.</param>
/// <param name="tell">Is told of each beginning and end, in words.</param>
public sealed class FaultTimeline(IReadOnlyList<PlanFault> faults, FaultGround ground, string folder, RunClock clock, Action<string> tell)
{
    private static readonly TimeSpan LookForLever = TimeSpan.FromMilliseconds(250);

    private readonly FaultJournal _journal = new(Path.Combine(folder, FaultJournal.FileName), clock.Time, "run");

    /// <summary>The faults in the plan's order, and what became of them.</summary>
    public IReadOnlyList<FaultLease> Leases { get; } = [.. faults.Zip(IdsOf(faults), (fault, id) => new FaultLease(fault, id))];

    /// <summary>What the leases of a plan's faults are called: the fault's name, with <c>#n</c> behind it from the second of that name on.</summary>
    internal static IReadOnlyList<string> IdsOf(IReadOnlyList<PlanFault> faults)
    {
        var seen = new Dictionary<string, int>();
        return [.. faults.Select(fault => (seen[fault.Name] = seen.GetValueOrDefault(fault.Name) + 1) is > 1 and var n ? $"{fault.Name}#{n}" : fault.Name)];
    }

    /// <summary>Runs the timeline; completes when every fault has been undone.</summary>
    /// <param name="stop">Ends the faults in force; no further one is injected.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var undoing = new Undoing(ground.AdminKey);
        var lever = WatchLeverAsync(ending);
        await Task.WhenAll(Leases.Select(lease => RunAsync(lease, undoing, ending.Token))).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await lever.ConfigureAwait(false);
    }

    private async Task WatchLeverAsync(CancellationTokenSource ending)
    {
        using var timer = new PeriodicTimer(LookForLever, clock.Time);
        try
        {
            while (!_journal.IsStopped)
                if (!await timer.WaitForNextTickAsync(ending.Token).ConfigureAwait(false))
                    return;
            tell("The fault lever was pulled: faults end, and none follows");
            await ending.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // All faults are over.
        }
    }

    private async Task RunAsync(FaultLease lease, Undoing undoing, CancellationToken stop)
    {
        if (!await UntilAsync(RunClock.Nanoseconds(lease.Fault.At), stop).ConfigureAwait(false))
        {
            lease.Stopped = true;
            return;
        }
        var disturbance = Disturbance.Of(lease.Fault, lease.Id, ground, clock.Time);
        IReadOnlyList<UndoStep> undo;
        try
        {
            undo = await disturbance.PrepareAsync(stop).ConfigureAwait(false);
            Write(lease, LeaseState.Injecting, undo);
        }
        catch (Exception problem) when (problem is FaultException or IOException or OperationCanceledException)
        {
            Fail(lease, problem, stop);
            return;
        }
        try
        {
            undo = await disturbance.InjectAsync(stop).ConfigureAwait(false) ?? undo;
            lease.Start = clock.Now;
            Write(lease, LeaseState.Injected, undo);
            tell($"Fault '{lease.Id}': {FaultText.Of(lease.Fault)}");
            lease.Stopped = !await HoldAsync(disturbance, lease.Fault, lease.Start.Value, stop).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is FaultException or IOException or OperationCanceledException)
        {
            Fail(lease, problem, stop);
        }
        await EndAsync(lease, disturbance, undo, undoing).ConfigureAwait(false);
    }

    private async Task<bool> HoldAsync(IDisturbance disturbance, PlanFault fault, long start, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var holding = fault.For > TimeSpan.Zero ? HoldUpAsync(disturbance, over.Token) : Task.CompletedTask;
        var whole = await UntilAsync(start + RunClock.Nanoseconds(fault.For), stop).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await holding.ConfigureAwait(false);
        return whole;
    }

    private static async Task HoldUpAsync(IDisturbance disturbance, CancellationToken over)
    {
        try
        {
            await disturbance.HoldAsync(over).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Its time is over.
        }
    }

    private async Task EndAsync(FaultLease lease, IDisturbance disturbance, IReadOnlyList<UndoStep> undo, Undoing undoing)
    {
        await disturbance.EndAsync().ConfigureAwait(false);
        var wrong = await undoing.DoAsync(undo).ConfigureAwait(false);
        // What is away for a moment is there the next.
        if (wrong.Count > 0)
            wrong = await undoing.DoAsync(undo).ConfigureAwait(false);
        lease.End = clock.Now;
        if (wrong.Count > 0)
            lease.Problem = string.Join("; ", wrong);
        try
        {
            Write(lease, wrong.Count > 0 ? LeaseState.Stuck : LeaseState.Undone, undo);
        }
        catch (IOException problem)
        {
            lease.Problem ??= problem.Message;
        }
        tell(wrong.Count > 0 ? $"Fault '{lease.Id}' could NOT be undone: {lease.Problem}" : lease.Start is null ? $"Fault '{lease.Id}' was not injected: {lease.Problem ?? "the run ended"}" : $"Fault '{lease.Id}' has ended");
    }

    private void Fail(FaultLease lease, Exception problem, CancellationToken stop)
    {
        if (problem is OperationCanceledException && stop.IsCancellationRequested)
        {
            lease.Stopped = true;
            return;
        }
        lease.Problem = problem.Message;
        tell($"Fault '{lease.Id}' was not injected: {problem.Message}");
    }

    private void Write(FaultLease lease, LeaseState state, IReadOnlyList<UndoStep> undo) => _journal.Write(new JournalEntry
    {
        Id = lease.Id,
        State = state,
        At = default,
        By = "",
        Until = clock.Time.GetUtcNow() + lease.Fault.For - (lease.Start is { } start ? TimeSpan.FromTicks((clock.Now - start) / 100) : TimeSpan.Zero),
        What = FaultText.Of(lease.Fault),
        Undo = undo,
        Problem = lease.Problem,
    });

    // Whether the moment came before the stop.
    private async Task<bool> UntilAsync(long moment, CancellationToken stop)
    {
        await clock.UntilAsync(moment, stop).ConfigureAwait(false);
        return !stop.IsCancellationRequested;
    }
}
