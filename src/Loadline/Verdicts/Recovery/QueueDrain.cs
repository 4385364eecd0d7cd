namespace Loadline.Verdicts.Recovery;

/// <summary>
/// How long what a fault dammed up takes to run off: from the fault's end until uploads wait no longer than before it, and stay so for five seconds. Judged from the
/// client's side alone, by the oldest watched upload that is not yet searchable: before the fault its age is the usual one, twice the 95th percentile and a second at least.
/// <code>
/// age of the oldest       /|
///                        / |\
/// usual _ _ _ _ _ _ _ _ /_ | \_ _ _
///       ~~~~~~~~~~~~~~~/   |   \~~~~
///                    fault end  drained
/// </code>
/// (seen in QueueDrainTests)
/// </summary>
internal static class QueueDrain
{
    private const long Second = 1_000_000_000, Step = Second / 10, Steady = 5 * Second, LeastUsual = Second;
    private const int Needed = 10;

    /// <summary>Finds it.</summary>
    /// <param name="uploads">Watched uploads: accepted, and found searchable or given up, nanoseconds since the run's start.</param>
    /// <param name="start">When the fault began.</param>
    /// <param name="end">When it ended.</param>
    /// <param name="until">When watching ended.</param>
    public static FaultFigure Of(IReadOnlyList<(long Accepted, long Searchable)> uploads, long start, long end, long until)
    {
        var before = uploads.Where(upload => upload.Searchable < start).Select(upload => upload.Searchable - upload.Accepted).Order().ToList();
        if (before.Count < Needed)
            return new(null, before.Count, Unknown: $"{before.Count} watched uploads became searchable before it, and what is usual needs {Needed}; watch more, or let it begin later");
        var after = uploads.Where(upload => upload.Searchable >= end && upload.Accepted < until).OrderBy(upload => upload.Accepted).ToList();
        if (after.Count == 0)
            return new(null, 0, Unknown: "no watched upload became searchable after it");
        var usual = Math.Max(LeastUsual, 2 * before[Math.Min(before.Count - 1, (int)(0.95 * before.Count))]);
        var quiet = end;
        for (var at = end; at <= until; at += Step)
        {
            if (Oldest(after, at) > usual)
                quiet = at + Step;
            else if (at - quiet >= Steady)
                return new((quiet - end) / 1e9, after.Count);
        }
        return quiet < until && quiet == end
            ? new(null, after.Count, Unknown: "the run ended too soon after it to tell")
            : new(null, after.Count, Failed: $"uploads still waited for longer than the usual {usual / 1e9:0.#} s when the run ended, {(until - end) / 1e9:0.#} s after it");
    }

    private static long Oldest(List<(long Accepted, long Searchable)> byAccepted, long at)
    {
        foreach (var (accepted, searchable) in byAccepted)
        {
            if (accepted > at)
                break;
            if (searchable > at)
                return at - accepted;
        }
        return 0;
    }
}
