using System.CommandLine;
using Loadline.Faults;
using Loadline.Runs;

namespace Loadline.Cli;

/// <summary><c>loadline faults RUN</c>: a run's faults, and the lever that ends them all.</summary>
internal static class FaultsCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("run") { Description = "A run folder." };
        var stop = new Option<bool>("--stop") { Description = "End every fault that is in force, and inject no more; also when the run was killed." };
        var command = new Command("faults", $"Show a run's faults, or end them all. Faults injected with the target's admin key need it in {RunRequest.AdminKeyVariable} where the run is gone.") { run, stop };
        command.SetAction((arguments, cancellation) => RunAsync(arguments.GetValue(run)!, arguments.GetValue(stop), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string folder, bool stop, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            Console.Error.WriteLine($"{folder}: there is no such folder; name a run's, such as runs/service-failure-20260101-120000-ab12");
            return ExitCode.BadPlan;
        }
        var lever = new FaultLever(folder, Environment.GetEnvironmentVariable(RunRequest.AdminKeyVariable), TimeProvider.System);
        try
        {
            if (stop)
                await lever.PullAsync(cancellationToken).ConfigureAwait(false);
            foreach (var line in lever.Show().DefaultIfEmpty("no fault was begun in this run"))
                Console.WriteLine(line);
            return stop && lever.Unfinished > 0 ? ExitCode.Failed : ExitCode.Passed;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(problem.Message);
            return ExitCode.Internal;
        }
    }
}
