using System.CommandLine;
using System.Runtime.InteropServices;
using Loadline.Faults;
using Loadline.Runs;

namespace Loadline.Cli;

/// <summary><c>loadline guard FOLDER</c>: the process that undoes a run's faults when the run is killed. Started by a run, not by people.</summary>
internal static class GuardCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder");
        var command = new Command("guard", "Undo a run's faults when the run is killed. A run with faults starts it.") { folder };
        command.Hidden = true;
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(folder)!));
        return command;
    }

    private static async Task<int> RunAsync(string folder)
    {
        // A Ctrl-C reaches every process of the terminal, and a closing terminal too. This one ends with the pipe.
        var kept = new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }
            .Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true)).ToList();
        var guard = new GuardLoop(folder, Environment.GetEnvironmentVariable(RunRequest.AdminKeyVariable), TimeProvider.System);
        await guard.RunAsync(Console.In, Say).ConfigureAwait(false);
        kept.ForEach(registration => registration.Dispose());
        return ExitCode.Passed;
    }

    // The parent's pipes are gone when it was killed.
    private static void Say(string line)
    {
        try
        {
            Console.WriteLine(line);
        }
        catch (IOException)
        {
            // Nobody listens any more; the journal has it.
        }
    }
}
