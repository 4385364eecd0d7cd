using System.CommandLine;
using Loadline.Plans;
using Loadline.Processes;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Targets;
using Loadline.Users;
using Spectre.Console;

namespace Loadline.Cli;

/// <summary><c>loadline run PLAN</c>: the main job.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var plan = new PlanArguments();
        var folder = new Option<string?>("--out") { Description = "The run folder. Default: runs/PLAN-TIME.", HelpName = "DIR" };
        var command = new Command("run", $"Run a plan and judge it. A target that issues keys needs its admin key in {RunRequest.AdminKeyVariable}.") { folder };
        plan.AddTo(command);
        command.SetAction((arguments, _) => plan.Read(arguments) is { } read ? RunAsync(read, arguments.GetValue(folder)) : Task.FromResult(ExitCode.BadPlan));
        return command;
    }

    private static async Task<int> RunAsync(Plan plan, string? folder)
    {
        using var interrupts = new Interrupts("ending the run");
        folder ??= RunFolder.Default(plan.Name, TimeProvider.System);
        try
        {
            var (profile, address) = KnownTargets.Resolve(plan.Target);
            var summary = await ExecuteAsync(
                new RunRequest
                {
                    Plan = plan,
                    Profile = profile,
                    Address = address,
                    Folder = folder,
                    CommandLine = "loadline " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(Quoted)),
                    AdminKey = Environment.GetEnvironmentVariable(RunRequest.AdminKeyVariable),
                },
                interrupts.Token).ConfigureAwait(false);
            ReportWriter.WriteAll(folder);
            Console.WriteLine();
            Console.Write(VerdictText.Render(summary));
            Console.WriteLine($"Report: {Path.Combine(folder, RunFolder.Report)}");
            return interrupts.Token.IsCancellationRequested ? ExitCode.Interrupted : Code(summary.Verdict);
        }
        catch (OperationCanceledException) when (interrupts.Token.IsCancellationRequested)
        {
            return Refuse(ExitCode.Interrupted, "interrupted before the load began: nothing was measured");
        }
        catch (Exception problem) when (problem is TargetProfileException or UnusableFolderException or BaselineException)
        {
            return Refuse(ExitCode.BadPlan, problem.Message);
        }
        catch (Exception problem) when (problem is TargetException or TargetSetupException or IOException or UnauthorizedAccessException)
        {
            return Refuse(ExitCode.Internal, problem.Message);
        }
        finally
        {
            ChildProcess.KillAll();
        }
    }

    private static async Task<RunSummary> ExecuteAsync(RunRequest request, CancellationToken stop)
    {
        IRunObserver observer = Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi ? new PlainProgress(Console.WriteLine) : new LiveConsole(AnsiConsole.Console);
        return await new LoadRun(request, observer, TimeProvider.System).ExecuteAsync(stop).ConfigureAwait(false);
    }

    private static int Code(string verdict) => verdict switch
    {
        "PASS" or "WARN" => ExitCode.Passed,
        "FAIL" => ExitCode.Failed,
        _ => ExitCode.Invalid,
    };

    private static int Refuse(int code, string message)
    {
        Console.Error.WriteLine(message);
        return code;
    }

    private static string Quoted(string argument) => argument.Contains(' ') ? $"\"{argument}\"" : argument;
}
