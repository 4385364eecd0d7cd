using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Rag.Bench.Resilience;

/// <summary>The command <c>stampede</c>: one question that nobody has asked before, by 1000 users at once, over four query processes. Bar: the LLM is asked once.</summary>
internal static class StampedeBench
{
    private const int Users = 1000;
    private const int Documents = 20;

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Questions", DefaultValueFactory = _ => 5 };
        var command = new Command("stampede", "1000 users ask the same new question at once, over 4 query processes") { rounds };
        command.SetAction((arguments, stop) => RunAsync(arguments.GetValue(rounds), stop));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        await using var system = await SystemUnderTest.StartAsync(
            "up", ["slots=500", "queue=2000", "first-token=300ms", "per-token=10ms", "output-tokens=40"], ["--replicas", "query=4"], cancellationToken,
            ("RAG_GATEWAY__SHEDDING_FIRST", "2000")); // a thousand at once are let in: what is refused at the door computes nothing either
        await system.FillAsync(Documents, cancellationToken);
        var ok = true;
        for (var round = 0; round < rounds; round++)
        {
            var before = await system.LlmRequestsAsync(cancellationToken);
            var asker = new Asker(system.Http, Stopwatch.GetTimestamp(), TimeSpan.FromSeconds(60));
            var question = $"Which goods came to the harbour of town {round}, round {round}?";
            var samples = await Task.WhenAll(Enumerable.Range(0, Users).Select(_ => asker.QueryAsync(question, cancellationToken)));
            var asked = await system.LlmRequestsAsync(cancellationToken) - before;
            var good = samples.Count(s => s.End == Ending.Ok);
            ok &= asked == 1 && samples.All(s => s.End is Ending.Ok or Ending.Degraded);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Users} users, {good} full answers, LLM asked {asked} time(s), P50 {Samples.Percentile(samples.Select(s => s.Took), 0.5):0.00} s, P99 {Samples.Percentile(samples.Select(s => s.Took), 0.99):0.00} s{Others(samples)}"));
        }

        return ok ? 0 : 1;
    }

    private static string Others(Sample[] samples) =>
        string.Concat(samples.Where(s => s.End != Ending.Ok).GroupBy(s => (s.End, s.Note)).Select(g => $"; {g.Count()}× {g.Key.End} {g.Key.Note}"));
}
