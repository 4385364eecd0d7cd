using System.CommandLine;
using System.Globalization;
using Rag.Bench.Engines;

namespace Rag.Bench.Resilience;

/// <summary>
/// The command <c>outages</c>: each service of a <c>rag up</c>, or the server of each real engine under it, is hurt in several ways, under 100 users who never stop. Bars:
/// under 1 % of answers neither full nor honestly degraded, a breaker open within 5 s, P99 of degraded answers under 1 s, recovery within 30 s of the return, the queue
/// drained within 2 minutes, nothing acknowledged lost or found twice; with engines, connections within their pools.
/// </summary>
internal static class OutagesBench
{
    private const int Users = 100;
    private const int Documents = 200;

    // Reranking is switched on: it is off by default. Answers take about 0.2 s, so that what a degraded one takes is seen.
    private static readonly string[] Llm = ["slots=300", "queue=300", "first-token=100ms", "per-token=5ms", "output-tokens=20", "load-factor=0", "failures=0%"];
    private static readonly (string, string) Reranking = ("RAG_SEARCH__RERANK", "true");

    public static Command Create()
    {
        var services = new Option<string[]>("--services")
        {
            Description = "Which to hurt",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["embedding", "vectors", "keywords", "reranking", "generation", "caching", "ingestion", "identity"],
        };
        var engines = new Option<string[]?>("--engines")
        {
            Description = $"Run the system on these engines, and hurt their servers instead: {string.Join(", ", BenchEngine.Servers.Select(engine => engine.Name))}; {string.Join(", ", BenchEngine.Deployment)} where none is named",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.ZeroOrMore,
        };
        var only = new Option<string[]>("--only") { Description = "With --engines: those of them to hurt; all where none is named", AllowMultipleArgumentsPerToken = true };
        var faults = new Option<string[]>("--faults") { Description = "How: kill, stop, refuse; for engines kill, stop, restart", AllowMultipleArgumentsPerToken = true };
        var log = new Option<FileInfo?>("--log") { Description = "A file for all that the system writes" };
        var command = new Command("outages", "Every service, or every engine's server, killed, frozen and refusing or restarted under 100 users") { services, engines, only, faults, log };
        command.SetAction(async (arguments, stop) =>
        {
            await using var lines = arguments.GetValue(log) is { } file ? TextWriter.Synchronized(file.CreateText()) : null;
            var chosen = arguments.GetValue(faults) is { Length: > 0 } some ? some : null;
            if (arguments.GetResult(engines) is null)
                return await ServicesAsync(arguments.GetValue(services)!, chosen ?? ["kill", "stop", "refuse"], lines, stop);
            string[] names = arguments.GetValue(engines) is { Length: > 0 } named ? named : [.. BenchEngine.Deployment];
            return await EnginesAsync(names, arguments.GetValue(only) is { Length: > 0 } victims ? victims : names, chosen ?? ["kill", "stop", "restart"], lines, stop);
        });
        return command;
    }

    private static async Task<int> ServicesAsync(string[] services, string[] faults, TextWriter? log, CancellationToken cancellationToken)
    {
        await using var system = await SystemUnderTest.StartAsync("up", Llm, [], log, cancellationToken, Reranking);
        return await UnderLoadAsync(system, async (cases, fleet) =>
        {
            Console.WriteLine("service      fault    answers   bad   degraded  breaker open  degraded P99  recovery   queue drained  acknowledged  lost  twice");
            var held = true;
            foreach (var service in services)
                foreach (var fault in faults)
                    held &= OutageReport.OfService(service, fault, await cases.RunAsync(new ServiceOutage(system, fleet, service), fault, cancellationToken));
            return held;
        }, cancellationToken);
    }

    private static async Task<int> EnginesAsync(string[] engines, string[] victims, string[] faults, TextWriter? log, CancellationToken cancellationToken)
    {
        await using var stack = await EngineStack.StartAsync(engines, cancellationToken);
        var configuration = Path.GetTempFileName();
        await File.WriteAllTextAsync(configuration, YamlSettings.Write(stack.Settings), cancellationToken);
        try
        {
            await using var system = await SystemUnderTest.StartAsync("up", Llm, [], log, cancellationToken, Reranking, ("RAG_CONFIG", configuration));
            return await UnderLoadAsync(system, async (cases, _) =>
            {
                Console.WriteLine($"{stack.Versions}\n\n{OutageReport.EngineHead}");
                var held = true;
                foreach (var engine in stack.Engines.Where(engine => victims.Contains(engine.Name)))
                    foreach (var fault in faults)
                    {
                        var (figures, connections) = await new EngineWatch(stack, engine.Name).OverAsync(
                            () => cases.RunAsync(new EngineOutage(stack, engine), fault, cancellationToken), cancellationToken);
                        held &= OutageReport.OfEngine(engine, fault, figures, connections);
                    }

                return held;
            }, cancellationToken);
        }
        finally
        {
            File.Delete(configuration);
        }
    }

    private static async Task<int> UnderLoadAsync(SystemUnderTest system, Func<OutageCase, Fleet, Task<bool>> work, CancellationToken cancellationToken)
    {
        using var fleet = new Fleet(await system.Rag.Status.WaitAsync(TimeSpan.FromSeconds(5), cancellationToken));
        await system.FillAsync(Documents, cancellationToken);
        var load = new ClosedLoad(system.Http, Users, Documents, seed: 1, new UniqueWords());
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var users = load.RunAsync(ending.Token);
        await Task.Delay(OutageCase.Calm, cancellationToken);
        var since = load.Now;
        var held = await work(new OutageCase(system, fleet, load), fleet);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{load.Samples.All.Count(s => s.Start >= since) / (load.Now - since):0} requests/s over all"));
        await ending.CancelAsync();
        await users;
        Console.WriteLine(held ? "every bar held" : "a bar was NOT HELD (marked !)");
        return held ? 0 : 1;
    }
}
