using Loadline.Recording;

namespace Loadline.Verdicts.Recovery;

/// <summary>
/// How long a fault left users hanging: from its beginning to the first answer that stays fast or degraded. Judged from the client's side alone: an exchange hangs when it
/// times out, or fails after more than a second; a degraded answer, a fast refusal and a fast failure do not. Of each second one in a hundred may hang.
/// <code>
/// fault   |▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒|
/// hung      x xx x x   x . . . . . .
/// trigger |------------|
/// </code>
/// (seen in BreakerTriggerTests)
/// </summary>
internal static class BreakerTrigger
{
    private const double Stray = 0.01;
    private const int BinsOfSecond = (int)(1_000_000_000 / FaultWatch.Bin);

    /// <summary>Finds it.</summary>
    /// <param name="bins">Exchanges by when they were sent, from <paramref name="origin"/> on.</param>
    /// <param name="origin">Where the bins begin, nanoseconds since the run's start.</param>
    /// <param name="start">When the fault began.</param>
    /// <param name="end">When it ended; a fault that was over at once is looked at for <see cref="FaultWatch.Least"/>.</param>
    public static FaultFigure Of(IReadOnlyList<(int Sent, int Hung)> bins, long origin, long start, long end)
    {
        // What was sent in the bin in which it began may have been sent before.
        var first = (int)((start - origin + FaultWatch.Bin - 1) / FaultWatch.Bin);
        var last = (int)Math.Min(bins.Count, (Math.Max(end, start + FaultWatch.Least) - origin) / FaultWatch.Bin);
        var sent = bins.Skip(first).Take(last - first).Sum(bin => (long)bin.Sent);
        if (sent == 0)
            return new(null, 0, Unknown: "nothing was sent while it lasted");
        for (var second = (last - first - 1) / BinsOfSecond; second >= 0; second--)
        {
            var from = first + (second * BinsOfSecond);
            var of = bins.Skip(from).Take(Math.Min(BinsOfSecond, last - from)).ToList();
            if (of.Sum(bin => bin.Hung) <= Stray * of.Sum(bin => bin.Sent))
                continue;
            if (from + of.Count >= last && end - start >= 2_000_000_000)
                return new(null, sent, Failed: "users were still left hanging when it ended");
            var at = from + of.FindLastIndex(bin => bin.Hung > 0) + 1;
            return new((origin + (at * FaultWatch.Bin) - start) / 1e9, sent);
        }
        return new(0, sent);
    }
}
