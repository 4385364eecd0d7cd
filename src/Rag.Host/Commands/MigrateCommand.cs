using System.CommandLine;
using Rag.Errors;

namespace Rag.Host.Commands;

/// <summary><c>rag migrate</c>: brings what engines keep to what this version needs.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var run = new EngineRun();
        var command = new Command("migrate", "Create or update schemas, topics and collections of the chosen engines; doing it twice changes nothing");
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var (context, engines) = run.Read(parsed);
            foreach (var engine in engines)
                try
                {
                    foreach (var line in await engine.MigrateAsync(context, stop).ConfigureAwait(false))
                        await Console.Out.WriteLineAsync($"{engine.Seam,-10} {engine.Name,-9} {line}").ConfigureAwait(false);
                }
                catch (Exception error) when (error is RagException or InvalidOperationException)
                {
                    throw new CommandException(ExitCode.EngineUnusable, $"{engine.Seam}: {engine.Name}: {error.Message}; 'rag check' says more", error);
                }

            await Console.Out.WriteLineAsync("all engines have what this version needs").ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }
}
