using System.CommandLine;
using System.Globalization;

namespace Rag.Bench.Resilience;

/// <summary>
/// The command <c>overload</c>: rising open load up to the LLM's capacity gives the peak goodput (full answers within 3 s); then twice the capacity is offered. Bars: goodput at
/// least 90 % of the peak, P99 of rejections under 20 ms, at most 1.2 LLM requests per request that was let in.
/// </summary>
internal static class OverloadBench
{
    private const int Slots = 40;
    private const int Documents = 50;

    /// <summary>A full answer is good within the plan's objective for queries, in seconds.</summary>
    private const double Objective = 3;
    private const double Capacity = Slots / 0.9; // as in MetastableBench
    private static readonly string[] Llm = [$"slots={Slots}", "queue=100000", "first-token=100ms", "per-token=20ms", "output-tokens=40", "load-factor=0", "failures=0%"];

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "Of each step; the overload lasts three times as long", DefaultValueFactory = _ => 15 };
        var command = new Command("overload", "Goodput, rejections and attempts at twice the capacity") { seconds };
        command.SetAction((arguments, stop) => RunAsync(TimeSpan.FromSeconds(arguments.GetValue(seconds)), stop));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan step, CancellationToken cancellationToken)
    {
        await using var system = await SystemUnderTest.StartAsync("serve", Llm, [], cancellationToken);
        await system.FillAsync(Documents, cancellationToken);
        var load = new OpenLoad(system.Http, Documents, TimeSpan.FromSeconds(10), retries: 0, seed: 1);
        Console.WriteLine("offered ×    offered/s  good/s  full/s  degraded/s  rejected/s  failed/s   P95 of full, s   P99 of rejections, ms   LLM requests per request let in");
        var peak = 0.0;
        Step last = default;
        foreach (var share in new[] { 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 2.0 })
        {
            last = await StepAsync(system, load, share, share >= 2 ? step * 3 : step, cancellationToken);
            if (share < 2)
                peak = Math.Max(peak, last.Goodput);
        }

        var ok = last.Goodput >= 0.9 * peak && last.RejectionP99 < 0.020 && last.Attempts <= 1.2;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"at 2×: goodput {last.Goodput / peak:0%} of the peak of {peak:0.0}/s (bar 90 %), rejections' P99 {last.RejectionP99 * 1000:0.0} ms (bar 20), {last.Attempts:0.00} attempts (bar 1.2): {(ok ? "held" : "NOT HELD")}"));
        return ok ? 0 : 1;
    }

    private static async Task<Step> StepAsync(SystemUnderTest system, OpenLoad load, double share, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (from, asked) = (load.Now, await system.LlmRequestsAsync(cancellationToken));
        await load.OfferAsync(Capacity * share, duration, cancellationToken);
        var to = load.Now;
        await load.DrainAsync();
        var all = load.Attempts.All.Where(s => s.Start >= from && s.Start < to).ToList();
        // The first fifth is the way from one load to the next.
        var settled = from + (to - from) / 5;
        double Rate(Ending end) => all.Count(s => s.End == end && s.Start + s.Took >= settled && s.Start + s.Took < to) / (to - settled);
        var good = all.Count(s => s.End == Ending.Ok && s.Took <= Objective && s.Start + s.Took >= settled && s.Start + s.Took < to) / (to - settled);
        var letIn = all.Count(s => s.End != Ending.Rejected);
        var attempts = (await system.LlmRequestsAsync(cancellationToken) - asked) / (double)letIn;
        var rejections = Samples.Percentile(all.Where(s => s.End == Ending.Rejected).Select(s => s.Took), 0.99);
        var full = Samples.Percentile(all.Where(s => s.End == Ending.Ok).Select(s => s.Took), 0.95);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{share,8:0.0}  {all.Count / (to - from),12:0.0}{good,8:0.0}{Rate(Ending.Ok),8:0.0}{Rate(Ending.Degraded),12:0.0}{Rate(Ending.Rejected),12:0.0}{Rate(Ending.Failed) + Rate(Ending.TimedOut),10:0.0}{full,17:0.00}{rejections * 1000,24:0.0}{attempts,34:0.00}"));
        return new Step(good, double.IsNaN(rejections) ? 0 : rejections, attempts);
    }

    private readonly record struct Step(double Goodput, double RejectionP99, double Attempts);
}
