namespace Loadline.Faults;

/// <summary>The one lever of a run's faults, for whoever has its folder: shows them, and ends them all, whether Loadline still runs or not.</summary>
/// <param name="folder">The run folder.</param>
/// <param name="adminKey">The target's admin key, for faults that were injected with it; null for none.</param>
/// <param name="time">The clock.</param>
public sealed class FaultLever(string folder, string? adminKey, TimeProvider time)
{
    // A run that lives looks for the lever four times a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly FaultJournal _journal = new(Path.Combine(folder, FaultJournal.FileName), time, "lever");

    /// <summary>Each fault that was begun, and what has become of it: a line each.</summary>
    public IReadOnlyList<string> Show() => [.. _journal.Read().Select(Line)];

    /// <summary>How many could not be undone or are still open.</summary>
    public int Unfinished => _journal.Read().Count(entry => entry.State != LeaseState.Undone);

    /// <summary>Pulls the lever: a run that lives ends its faults and injects no more; what is open after three seconds is undone here.</summary>
    /// <returns>What was done here, a line each.</returns>
    /// <exception cref="IOException">The folder can't be written.</exception>
    public async Task<IReadOnlyList<string>> PullAsync(CancellationToken cancellationToken)
    {
        _journal.Stop();
        var until = time.GetTimestamp();
        while (_journal.Open().Count > 0 && time.GetElapsedTime(until) < Patience)
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        using var undoing = new Undoing(adminKey);
        return await UndoAsync(_journal, _journal.Open(), undoing).ConfigureAwait(false);
    }

    /// <summary>Undoes leases, and journals it.</summary>
    internal static async Task<IReadOnlyList<string>> UndoAsync(FaultJournal journal, IEnumerable<JournalEntry> open, Undoing undoing)
    {
        var lines = new List<string>();
        foreach (var entry in open)
        {
            var wrong = await undoing.DoAsync(entry.Undo).ConfigureAwait(false);
            var after = entry with { State = wrong.Count == 0 ? LeaseState.Undone : LeaseState.Stuck, Problem = wrong.Count == 0 ? null : string.Join("; ", wrong) };
            journal.Write(after);
            lines.Add(Line(after));
        }
        return lines;
    }

    private static string Line(JournalEntry entry) => $"{entry.Id}: {entry.What} — " + entry.State switch
    {
        LeaseState.Undone => "undone",
        LeaseState.Stuck => $"could NOT be undone: {entry.Problem}",
        LeaseState.Injecting => "about to be injected",
        _ => $"in force until {entry.Until.UtcDateTime:HH:mm:ss} UTC",
    };
}
