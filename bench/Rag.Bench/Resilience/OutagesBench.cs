using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rag.Bench.Resilience;

/// <summary>
/// The command <c>outages</c>: each service of a <c>rag up</c> is killed, frozen and made to refuse, under 100 users who never stop. Bars: under 1 % of answers
/// neither full nor honestly degraded, a breaker open within 5 s, P99 of degraded answers under 1 s, recovery within 30 s of the return, the queue drained within
/// 2 minutes, nothing acknowledged lost.
/// </summary>
internal static class OutagesBench
{
    private const int Users = 100;
    private const int Documents = 200;
    private const int SigKill = 9, SigContinue = 18, SigStop = 19; // Linux
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5), Outage = TimeSpan.FromSeconds(15), Return = TimeSpan.FromSeconds(40), Drain = TimeSpan.FromMinutes(2);

    public static Command Create()
    {
        var services = new Option<string[]>("--services")
        {
            Description = "Which to hurt",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["embedding", "vectors", "keywords", "reranking", "generation", "caching", "ingestion", "identity"],
        };
        var faults = new Option<string[]>("--faults") { Description = "How: kill, stop, refuse", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["kill", "stop", "refuse"] };
        var command = new Command("outages", "Every service killed, frozen and refusing under 100 users") { services, faults };
        command.SetAction((arguments, stop) => RunAsync(arguments.GetValue(services)!, arguments.GetValue(faults)!, stop));
        return command;
    }

    private static async Task<int> RunAsync(string[] services, string[] faults, CancellationToken cancellationToken)
    {
        // Reranking is switched on: it is off by default. Answers take about 0.2 s, so that what a degraded one takes is seen.
        await using var system = await SystemUnderTest.StartAsync(
            "up", ["slots=300", "queue=300", "first-token=100ms", "per-token=5ms", "output-tokens=20", "load-factor=0", "failures=0%"], [], cancellationToken, ("RAG_SEARCH__RERANK", "true"));
        using var fleet = new Fleet(await system.Rag.Status.WaitAsync(TimeSpan.FromSeconds(5), cancellationToken));
        await system.FillAsync(Documents, cancellationToken);
        var load = new ClosedLoad(system.Http, Users, Documents, seed: 1);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var users = load.RunAsync(ending.Token);
        await Task.Delay(Calm, cancellationToken);

        Console.WriteLine("service      fault    answers   bad   degraded  breaker open  degraded P99  recovery   queue drained  acknowledged  lost");
        var held = true;
        foreach (var service in services)
            foreach (var fault in faults)
                held &= await CaseAsync(system, fleet, load, service, fault, cancellationToken);
        await ending.CancelAsync();
        await users;
        Console.WriteLine(held ? "every bar held" : "a bar was NOT HELD (marked !)");
        return held ? 0 : 1;
    }

    private static async Task<bool> CaseAsync(SystemUnderTest system, Fleet fleet, ClosedLoad load, string service, string fault, CancellationToken cancellationToken)
    {
        await Task.Delay(Calm, cancellationToken);
        var callers = await fleet.CallersAsync(service, cancellationToken);
        var struck = load.Now;
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var opened = WatchBreakersAsync(fleet, callers, service, load, struck, watching.Token);
        await StrikeAsync(system, fleet, service, fault, cancellationToken);
        var back = load.Now;
        var drained = DrainedAsync(system, load, back, cancellationToken);
        await Task.Delay(Return, cancellationToken);
        await watching.CancelAsync();

        var until = load.Now;
        var samples = load.Samples.All.Where(s => s.Start + s.Took >= struck && s.Start < until).ToList();
        var bad = samples.Where(s => s.End > Ending.Degraded).ToList();
        var degraded = samples.Where(s => s.End == Ending.Degraded).ToList();
        var badShare = bad.Count / (double)samples.Count;
        var lastHurt = samples.Where(s => s.End != Ending.Ok).Select(s => s.Start + s.Took).DefaultIfEmpty(back).Max();
        var recovery = Math.Max(0, lastHurt - back);
        var p99 = Samples.Percentile(degraded.Select(s => s.Took), 0.99);
        var (open, drain) = (await opened, await drained);
        var acknowledged = load.AcknowledgedSince(struck - Calm.TotalSeconds);
        var lost = await LostAsync(system, acknowledged, cancellationToken);

        // A killed service may be back before anyone has asked it twice: without an open breaker there must be nothing that it would have spared.
        var openHeld = open is <= 5 || (open is null && (callers.Count == 0 || fault == "kill"));
        var held = badShare < 0.01 && openHeld && !(p99 >= 1) && recovery <= 30 && drain is <= 120 && lost == 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{service,-12} {fault,-8}{samples.Count,8}{badShare,8:0.00%}{degraded.Count,8}{Seconds(open),14}{Seconds(double.IsNaN(p99) ? null : p99),14}{Seconds(recovery),11}{Seconds(drain),14}{acknowledged.Count,14}{lost,6}{(held ? "" : "  !")}"));
        foreach (var group in degraded.GroupBy(s => s.Note).OrderByDescending(g => g.Count()).Take(4))
            Console.WriteLine($"               degraded {group.Count()}× {group.Key}");
        foreach (var group in bad.GroupBy(s => (s.Kind, s.End, s.Note)).OrderByDescending(g => g.Count()).Take(4))
            Console.WriteLine($"               bad {group.Count()}× {group.Key.Kind} {group.Key.End} {group.Key.Note}");
        return held;
    }

    private static string Seconds(double? value) => value is { } seconds ? seconds.ToString("0.00", CultureInfo.InvariantCulture) + " s" : "–";

    /// <summary>Returns when the fault is over: the process is ready again, runs again, or answers again.</summary>
    private static async Task StrikeAsync(SystemUnderTest system, Fleet fleet, string service, string fault, CancellationToken cancellationToken)
    {
        var victims = (await fleet.ProcessesAsync(cancellationToken)).Where(p => p.Service == service).ToList();
        switch (fault)
        {
            case "kill":
                victims.ForEach(p => BenchProcess.Signal(p.Pid, SigKill));
                bool Again(FleetProcess now) => now.Service != service || (now.State == "ready" && victims.TrueForAll(was => was.Pid != now.Pid));
                while (!(await fleet.ProcessesAsync(cancellationToken)).All(Again))
                    await Task.Delay(50, cancellationToken);
                break;
            case "stop":
                victims.ForEach(p => BenchProcess.Signal(p.Pid, SigStop));
                try
                {
                    await Task.Delay(Outage, cancellationToken);
                }
                finally
                {
                    victims.ForEach(p => BenchProcess.Signal(p.Pid, SigContinue));
                }

                break;
            case "refuse":
                using (var response = await system.Admin.PostAsJsonAsync("/admin/faults", new { service, kind = "refuse", @for = $"{Outage.TotalSeconds:0}s" }, cancellationToken))
                    if (!response.IsSuccessStatusCode)
                        throw new InvalidOperationException($"/admin/faults: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
                await Task.Delay(Outage, cancellationToken);
                break;
            default:
                throw new ArgumentException($"--faults: '{fault}' is not permitted; expected kill, stop or refuse");
        }
    }

    /// <summary>Seconds from the strike until a breaker for the service is open in a process that calls it; null when none opens.</summary>
    private static async Task<double?> WatchBreakersAsync(Fleet fleet, IReadOnlyList<Uri> callers, string service, ClosedLoad load, double struck, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        try
        {
            while (callers.Count > 0 && await timer.WaitForNextTickAsync(cancellationToken))
                foreach (var caller in callers)
                    if (await fleet.BreakerAsync(caller, service, cancellationToken) > 0)
                        return load.Now - struck;
        }
        catch (OperationCanceledException)
        {
            // The case is over.
        }

        return null;
    }

    /// <summary>Seconds from the return until the oldest job is younger than two seconds; null when that takes over two minutes.</summary>
    private static async Task<double?> DrainedAsync(SystemUnderTest system, ClosedLoad load, double back, CancellationToken cancellationToken)
    {
        while (load.Now - back < Drain.TotalSeconds)
        {
            var status = await system.Http.GetFromJsonAsync<JsonElement>("/status", cancellationToken);
            if (status.TryGetProperty("queue", out var queue) && queue.ValueKind == JsonValueKind.Object && queue.GetProperty("oldest_seconds").GetDouble() < 2)
                return load.Now - back;
            await Task.Delay(250, cancellationToken);
        }

        return null;
    }

    private static async Task<int> LostAsync(SystemUnderTest system, IReadOnlyList<string> acknowledged, CancellationToken cancellationToken)
    {
        var lost = 0;
        await Parallel.ForEachAsync(acknowledged, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken }, async (id, stop) =>
        {
            using var limit = new CancellationTokenSource(Drain);
            try
            {
                while (true)
                {
                    using var response = await system.Http.GetAsync($"/documents/{id}/status", limit.Token);
                    if ((await response.Content.ReadAsStringAsync(limit.Token)).Contains("\"searchable\"", StringComparison.Ordinal))
                        return;
                    await Task.Delay(250, limit.Token);
                }
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                Interlocked.Increment(ref lost);
            }
        });
        return lost;
    }
}
