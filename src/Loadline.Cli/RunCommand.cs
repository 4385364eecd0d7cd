using System.CommandLine;
using System.Net.Sockets;
using Loadline.Export;
using Loadline.Live;
using Loadline.Processes;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Suites;
using Loadline.Targets;
using Loadline.Users;
using Spectre.Console;

namespace Loadline.Cli;

/// <summary><c>loadline run PLAN</c>: the main job, for one run or for a suite of them.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var plan = new PlanArguments();
        var folder = new Option<string?>("--out") { Description = "The run folder, or the suite's. Default: runs/PLAN-TIME.", HelpName = "DIR" };
        var resume = new Option<string?>("--resume")
        {
            Description = "Go on with a suite that was interrupted or killed, in its folder: runs that have a verdict are kept, the others are made. With the options that it was begun with.",
            HelpName = "DIR",
        };
        var live = new Option<int?>("--live")
        {
            Description = "Show the run while it goes on, as a web page on loopback whose address it prints: charts, objectives, pause, stop, fault lever. On any free port, or --live=PORT.",
            HelpName = "PORT",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("run", $"Run a plan or a suite and judge it. A target that issues keys needs its admin key in {RunRequest.AdminKeyVariable}.") { folder, resume, live };
        var export = new ExportArguments();
        plan.AddTo(command);
        export.AddTo(command);
        command.SetAction((arguments, _) => export.Read(arguments) is { } options && plan.Read(arguments) is { } read
            ? RunAsync(read, arguments.GetValue(folder), arguments.GetValue(resume), arguments.GetResult(live) is null ? null : arguments.GetValue(live) ?? 0, options)
            : Task.FromResult(ExitCode.BadPlan));
        return command;
    }

    private static async Task<int> RunAsync(RunChoice choice, string? folder, string? resume, int? livePort, ExportOptions options)
    {
        using var interrupts = new Interrupts(choice.Suite is null ? "ending the run" : "ending this run and the suite");
        if (resume is not null && (folder is not null || choice.Suite is null))
            return Refuse(ExitCode.BadPlan, folder is not null ? "--resume, --out: a suite is gone on with in the folder that it has; leave --out out" : $"--resume {resume}: only suites are gone on with, and {choice.Plan!.RunName} is one run; make it anew");
        IReadOnlyList<string> differences = [];
        var resumption = resume is null ? null : SuiteResumption.Read(resume, choice.Suite!, TimeProvider.System, out differences);
        if (differences.Count > 0)
            return Refuse(ExitCode.BadPlan, string.Join('\n', differences));
        folder ??= resume ?? RunFolder.Default(choice.Plan?.RunName ?? choice.Suite!.Suite.Name, TimeProvider.System);
        try
        {
            await using var export = options.IsAny ? await MetricsExport.StartAsync(options, TimeProvider.System, interrupts.Token).ConfigureAwait(false) : null;
            if (export?.Address is { } metrics)
                Console.WriteLine($"Metrics: {metrics}");
            var (observer, control, adminKey) = (Observer(), new RunControl(interrupts.Ask), Environment.GetEnvironmentVariable(RunRequest.AdminKeyVariable));
            var subject = choice.Suite is { } several ? new LiveSubject(folder, control, $"Suite {several.Suite.Name}", IsLast: false) : new LiveSubject(folder, control);
            await using var live = livePort is { } port ? await LiveServer.StartAsync(subject, adminKey, port, TimeProvider.System, interrupts.Token).ConfigureAwait(false) : null;
            if (live is not null)
                observer.Step($"Live: {live.Address}");
            if (choice.Suite is { } suite)
                return await RunSuiteAsync(suite, folder, resumption, new Surroundings(observer, control, adminKey, live, export), interrupts.Token).ConfigureAwait(false);
            var plan = choice.Plan!;
            var (profile, address) = KnownTargets.Resolve(plan.Target);
            var summary = await new LoadRun(
                new RunRequest
                {
                    Plan = plan,
                    Profile = profile,
                    Address = address,
                    Folder = folder,
                    CommandLine = CommandLine(),
                    AdminKey = adminKey,
                    Control = live is null ? null : control,
                    Export = export,
                },
                observer, TimeProvider.System).ExecuteAsync(interrupts.Token).ConfigureAwait(false);
            ReportWriter.WriteAll(folder);
            if (live is not null)
                await live.FarewellAsync().ConfigureAwait(false);
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
        catch (Exception problem) when (livePort is not null && problem.GetBaseException() is SocketException)
        {
            return Refuse(ExitCode.BadPlan, $"--live={livePort}: the port can't be listened on: {problem.GetBaseException().Message}; stop what uses it, or leave the port out for any free one");
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

    private static async Task<int> RunSuiteAsync(PreparedSuite suite, string folder, SuiteResumption? resumed, Surroundings around, CancellationToken stop)
    {
        var summary = await new SuiteRun(
            suite, folder, CommandLine(),
            async (request, ending) =>
            {
                var place = suite.Runs.Index().First(run => ReferenceEquals(run.Item.Plan, request.Plan)).Index + 1;
                around.Live?.Show(new LiveSubject(request.Folder, around.Control, $"Run {place} of {suite.Runs.Count} of {suite.Suite.Name}", IsLast: place == suite.Runs.Count));
                var run = await new LoadRun(request with { Export = around.Export, Control = around.Live is null ? null : around.Control }, around.Observer, TimeProvider.System).ExecuteAsync(ending).ConfigureAwait(false);
                ReportWriter.WriteAll(request.Folder);
                Console.Write(VerdictText.Render(run));
                return run;
            },
            around.Observer, TimeProvider.System, resumed).ExecuteAsync(around.AdminKey, stop).ConfigureAwait(false);
        if (around.Live is not null)
            await around.Live.FarewellAsync().ConfigureAwait(false);
        Console.WriteLine();
        Console.Write(SuiteText.Console(summary));
        if (stop.IsCancellationRequested)
            Console.WriteLine($"To go on with it: the same command with --resume {Quoted(folder)} in place of --out.");
        Console.WriteLine($"Report: {Path.Combine(folder, SuiteReport.Page)}");
        return stop.IsCancellationRequested ? ExitCode.Interrupted
            : summary.Runs.Any(run => run.Verdict == SuiteRunSummary.NotStarted) ? ExitCode.Internal
            : Code(summary.Verdict);
    }

    private static string CommandLine() => "loadline " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(Quoted));

    private static IRunObserver Observer() => Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi ? new PlainProgress(Console.WriteLine) : new LiveConsole(AnsiConsole.Console);

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

    // What every run of a command has in common.
    private sealed record Surroundings(IRunObserver Observer, RunControl Control, string? AdminKey, LiveServer? Live, MetricsExport? Export);
}
