using System.CommandLine;
using Rag.Engines;
using Rag.Host.Serving;

namespace Rag.Host.Commands;

/// <summary><c>rag check</c>: connects to every engine that the configuration chooses and says what is wrong and how to mend it.</summary>
internal static class CheckCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var run = new EngineRun();
        var command = new Command("check", "Check the configuration, connect to each engine, and say what is wrong and how to mend it; changes nothing");
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var (context, engines) = run.Read(parsed);
            var wanted = engines.Select(engine => (engine.Seam, Engine: engine, Context: context)).ToList();
            if (Server.Explained(() => EngineCatalogue.ChosenNext(context)) is var (next, itsContext))
                wanted.Insert(1 + wanted.FindIndex(one => one.Seam == next.Seam), ("  next", next, itsContext));
            var checks = await Task.WhenAll(wanted.Select(one => CheckAsync(one.Engine, one.Context, stop))).ConfigureAwait(false);
            foreach (var ((seam, engine, _), findings) in wanted.Zip(checks))
                foreach (var finding in findings)
                {
                    await Console.Out.WriteLineAsync($"{(finding.Works ? "ok    " : "WRONG ")} {seam,-10} {engine.Name,-9} {finding.What}").ConfigureAwait(false);
                    if (finding.Remedy is { } remedy)
                        await Console.Out.WriteLineAsync($"{"",29}→ {remedy}").ConfigureAwait(false);
                }

            var wrong = checks.Sum(findings => findings.Count(finding => !finding.Works));
            return wrong == 0 ? ExitCode.Ok : throw new CommandException(ExitCode.EngineUnusable, $"{wrong} {(wrong == 1 ? "thing is" : "things are")} wrong");
        });
        return command;
    }

    private static async Task<IReadOnlyList<Finding>> CheckAsync(Engine engine, EngineContext context, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Limit);
        try
        {
            // A check that heeds no cancellation must not hold the others' findings back.
            var findings = await engine.CheckAsync(context, limit.Token).AsTask().WaitAsync(Limit, stop).ConfigureAwait(false);
            return findings.Count > 0 ? findings : [new Finding(true, engine.Description)];
        }
        catch (Exception error) when (error is InvalidOperationException or OperationCanceledException or TimeoutException && !stop.IsCancellationRequested)
        {
            return [new Finding(false, error is InvalidOperationException ? error.Message : $"no answer within {Limit.TotalSeconds:0} s", error is InvalidOperationException ? null : "see whether the server hangs, or the network drops what is sent to it")];
        }
    }
}
