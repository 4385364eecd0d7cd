using System.CommandLine;
using System.CommandLine.Help;
using Rag.Errors;
using Rag.Host.Serving;
using Rag.Hosting;

namespace Rag.Host.Commands;

/// <summary>The command <c>rag</c>.</summary>
internal static class RagCommand
{
    private const string About =
        """
        A RAG system: documents in, answers with citations out.

        Configuration also comes from rag.yaml in the working folder (--config names another) and from the environment: RAG_GENERATION__URL is generation:url.
        'rag list --settings' prints every setting.
        Exit codes: 0 done, 104 wrong arguments or configuration, 107 internal error, 110 address unavailable, 111 data folder unusable,
        112 data folder in use, 113 no such key, 114 an engine is unusable, 130 stopped by a second Ctrl-C.
        """;

    /// <param name="args">The command line.</param>
    /// <param name="modules">What <c>rag serve</c> may host; null for all services as they are.</param>
    public static async Task<int> RunAsync(string[] args, IReadOnlyList<ServiceModule>? modules = null)
    {
        // Not a RootCommand: that one is called after the assembly, and the command is called rag.
        var root = new Command("rag", About)
        {
            new HelpOption(), new VersionOption(), ServeCommand.Create(modules ?? Modules.All), UpCommand.Create(), ListCommand.Create(), KeysCommand.Create(), CheckCommand.Create(), MigrateCommand.Create(),
            BackupCommand.Create(), RestoreCommand.Create(), CopyCommand.Create(),
        };
        var parsed = root.Parse(args);
        // Signals are the server's own business (see StopSignals): the library would end the process after two seconds.
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync($"rag: {error.Message}").ConfigureAwait(false);
            await Console.Error.WriteLineAsync("rag: see 'rag --help'").ConfigureAwait(false);
            return ExitCode.InvalidArguments;
        }

        try
        {
            return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
        }
        catch (CommandException error)
        {
            foreach (var line in error.Message.Split(Environment.NewLine))
                await Console.Error.WriteLineAsync($"rag: {line}").ConfigureAwait(false);
            return error.ExitCode;
        }
        catch (RagException error) // an engine that fails in the middle of a command
        {
            await Console.Error.WriteLineAsync($"rag: {error.Message}; 'rag check' says more").ConfigureAwait(false);
            return ExitCode.EngineUnusable;
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync($"rag: internal error: {error}").ConfigureAwait(false);
            return ExitCode.InternalError;
        }
    }
}
