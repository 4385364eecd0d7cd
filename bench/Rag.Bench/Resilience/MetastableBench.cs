using System.CommandLine;
using System.Globalization;

namespace Rag.Bench.Resilience;

/// <summary>
/// The command <c>metastable</c>: the system runs at 80 % of the LLM's capacity with users who try again three times; for 20 s it has only 30 % of it. With
/// protections goodput (full answers within the users' patience) must be back at 95 % within 60 s of the capacity's return; without them (<c>--naive</c>) work that
/// nobody waits for any more keeps the LLM busy for good.
/// </summary>
internal static class MetastableBench
{
    private const int Slots = 40;
    private const int Documents = 50;
    private const double Share = 0.8, Left = 0.3;
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(30), Loss = TimeSpan.FromSeconds(20), After = TimeSpan.FromSeconds(80);

    // 0.1 s + 40 tokens × 20 ms = 0.9 s an answer: 40 slots ÷ 0.9 s ≈ 44 answers a second.
    private static readonly string[] Llm = [$"slots={Slots}", "queue=100000", "first-token=100ms", "per-token=20ms", "output-tokens=40", "load-factor=0", "failures=0%"];
    private const double Capacity = Slots / 0.9;

    // A question that is asked again would join its first try's answer where nobody has stopped that: the cache is a protection too, and not the one shown here.
    private static readonly (string, string) CacheOff = ("RAG_QUERY__CACHE_SECONDS", "0");

    public static Command Create()
    {
        var patience = new Option<int>("--patience") { Description = "Seconds that a user waits for an answer", DefaultValueFactory = _ => 4 };
        var seed = new Option<int>("--seed") { Description = "Seed of arrivals", DefaultValueFactory = _ => 1 };
        var command = new Command("metastable", "Does the system recover from 20 s with 30 % of the LLM's capacity, with and without its protections?") { patience, seed };
        command.SetAction(async (arguments, stop) =>
        {
            var withProtections = await RunAsync([], arguments.GetValue(patience), arguments.GetValue(seed), stop);
            var naive = await RunAsync(["--naive"], arguments.GetValue(patience), arguments.GetValue(seed), stop);
            Console.WriteLine($"with protections: {Words(withProtections)}; without: {Words(naive)}");
            return withProtections is <= 60 && naive is null ? 0 : 1;
        });
        return command;

        static string Words(double? recovery) => recovery is { } seconds ? string.Create(CultureInfo.InvariantCulture, $"back at 95 % after {seconds:0} s") : "never back at 95 %";
    }

    /// <returns>Seconds from the capacity's return until goodput stays at 95 % of before, or null.</returns>
    private static async Task<double?> RunAsync(string[] arguments, int patience, int seed, CancellationToken cancellationToken)
    {
        await using var system = await SystemUnderTest.StartAsync("serve", Llm, arguments, cancellationToken, CacheOff);
        await system.FillAsync(Documents, cancellationToken);
        var load = new OpenLoad(system.Http, Documents, TimeSpan.FromSeconds(patience), retries: 3, seed);
        await load.OfferAsync(Capacity * Share, Before, cancellationToken);
        await system.SetSlotsAsync((int)(Slots * Left), cancellationToken);
        var lost = load.Now;
        await load.OfferAsync(Capacity * Share, Loss, cancellationToken);
        await system.SetSlotsAsync(Slots, cancellationToken);
        var returned = load.Now;
        await load.OfferAsync(Capacity * Share, After, cancellationToken);
        var end = load.Now;
        // Users who still wait are left: without protections that would take minutes.

        var users = load.Users.All;
        double Rate(double from, double to, Func<Sample, bool> which) => users.Count(s => s.Start + s.Took >= from && s.Start + s.Took < to && which(s)) / (to - from);
        static bool Good(Sample s) => s.End == Ending.Ok;
        var usual = Rate(5, lost, Good);
        Console.WriteLine($"{(arguments.Length == 0 ? "with protections" : "naive")}: answers a second in steps of 5 s (full | degraded | users who got nothing | attempts)");
        for (var at = 0.0; at + 5 <= end; at += 5)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {at,4:0} s{(at >= lost - 2 && at < returned - 2 ? " lost" : "     ")} {Rate(at, at + 5, Good),6:0.0} | {Rate(at, at + 5, s => s.End == Ending.Degraded),5:0.0} | {Rate(at, at + 5, s => s.End > Ending.Degraded),5:0.0} | {load.Attempts.All.Count(s => s.Start >= at && s.Start < at + 5) / 5.0,6:0.0}"));

        // Windows of 5 s, moved by 1 s: the first from which on every one is at 95 %. 5 % of ~175 arrivals in a window is within chance, so one in ten may miss it.
        var windows = Enumerable.Range(0, (int)(end - returned - 5)).Select(i => Rate(returned + i, returned + i + 5, Good) >= 0.95 * usual).ToList();
        for (var i = 0; i < windows.Count - 10; i++)
            if (windows[i] && windows.Skip(i).Count(w => w) >= 0.8 * (windows.Count - i))
                return i + 5;
        return null;
    }
}
