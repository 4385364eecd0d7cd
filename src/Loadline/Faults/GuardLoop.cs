namespace Loadline.Faults;

/// <summary>
/// What the guard's process does: waits until its parent says that all is well or is gone, and undoes what is open in the journal then. A lease that is
/// still open long past its end is undone under a parent that lives too: it hangs.
/// </summary>
/// <param name="folder">The run folder.</param>
/// <param name="adminKey">The target's admin key; null for none.</param>
/// <param name="time">The clock.</param>
public sealed class GuardLoop(string folder, string? adminKey, TimeProvider time)
{
    /// <summary>The line that says that it watches.</summary>
    public const string Watching = "watching";

    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly FaultJournal _journal = new(Path.Combine(folder, FaultJournal.FileName), time, "guard");

    /// <summary>Watches until the parent's end of the pipe closes.</summary>
    /// <param name="parent">What the parent says.</param>
    /// <param name="say">Takes what it did, a line each.</param>
    public async Task RunAsync(TextReader parent, Action<string> say)
    {
        say(Watching);
        var said = Task.Run(parent.ReadLine);
        using var timer = new PeriodicTimer(Look, time);
        while (!said.IsCompleted)
        {
            var tick = timer.WaitForNextTickAsync().AsTask();
            if (await Task.WhenAny(said, tick).ConfigureAwait(false) == said || !await tick.ConfigureAwait(false))
                break;
            await UndoAsync(entry => entry.Until + Overdue < time.GetUtcNow(), say).ConfigureAwait(false);
        }
        await UndoAsync(_ => true, say).ConfigureAwait(false);
    }

    private async Task UndoAsync(Func<JournalEntry, bool> which, Action<string> say)
    {
        var open = _journal.Open().Where(which).ToList();
        if (open.Count == 0)
            return;
        using var undoing = new Undoing(adminKey);
        foreach (var line in await FaultLever.UndoAsync(_journal, open, undoing).ConfigureAwait(false))
            say(line);
    }
}
