using System.CommandLine;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Processes;
using Loadline.Runs;
using Loadline.Targets;
using Loadline.Trials;
using Loadline.Users;
using Loadline.Wire;

namespace Loadline.Cli;

/// <summary><c>loadline try TARGET</c>: one of each operation, and what was understood of the answers.</summary>
internal static class TryCommand
{
    private const int KeptBytes = 1 << 20;

    public static Command Create()
    {
        var target = new Argument<string>("TARGET") { Description = "What a plan's target can be: a profile's path or name, PROFILE@URL, a URL, or a system that Loadline starts." };
        var question = new Option<string?>("--question") { Description = "What to ask. Default: a question about the document that is uploaded first.", HelpName = "TEXT" };
        var timeout = new Option<int>("--timeout") { Description = "Seconds that one exchange may take.", DefaultValueFactory = _ => 60, HelpName = "SECONDS" };
        var command = new Command("try", "Send one of each operation to a target and show what was sent, what came back, and what the profile understood of it.") { target, question, timeout };
        command.SetAction((arguments, _) => RunAsync(arguments.GetRequiredValue(target), arguments.GetValue(question), arguments.GetValue(timeout)));
        return command;
    }

    private static async Task<int> RunAsync(string target, string? question, int timeout)
    {
        if (timeout is < 1 or > 3600)
            return Refuse(ExitCode.BadPlan, $"--timeout {timeout}: must be from 1 to 3600 seconds; write, for example, 60");
        using var interrupts = new Interrupts("ending the trial");
        var logs = Directory.CreateTempSubdirectory("loadline-try-").FullName;
        try
        {
            var (profile, address) = KnownTargets.Resolve(target);
            await using var embedded = address is null ? await StartAsync(target, logs, interrupts.Token).ConfigureAwait(false) : null;
            return await TryAsync(profile, address ?? embedded!.Address, embedded?.AdminKey ?? Environment.GetEnvironmentVariable(RunRequest.AdminKeyVariable), question, TimeSpan.FromSeconds(timeout), stays: embedded is null, interrupts.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupts.Token.IsCancellationRequested)
        {
            return Refuse(ExitCode.Interrupted, "interrupted");
        }
        catch (TargetProfileException problem)
        {
            return Refuse(ExitCode.BadPlan, problem.Message);
        }
        catch (Exception problem) when (problem is TargetException or TargetSetupException or TransportException or IOException or UnauthorizedAccessException)
        {
            return Refuse(ExitCode.Internal, problem.Message);
        }
        finally
        {
            ChildProcess.KillAll();
            Directory.Delete(logs, recursive: true);
        }
    }

    private static async Task<int> TryAsync(TargetProfile profile, Uri address, string? adminKey, string? question, TimeSpan timeout, bool stays, CancellationToken stop)
    {
        var clock = new RunClock(TimeProvider.System);
        var options = new WireOptions { BaseAddress = address, Timeout = timeout, KeptBytes = KeptBytes };
        Console.WriteLine($"{profile.Name} at {address.GetLeftPart(UriPartial.Path)} (connections are made on the way: the first times include them)");
        await using var setup = await TargetSetup.RunAsync(
            profile, options, clock, adminKey, Environment.GetEnvironmentVariable, step => Console.WriteLine($"▸ {step}"), warning => Console.Error.WriteLine("warning: " + warning), stop).ConfigureAwait(false);
        foreach (var (step, exchange) in setup.Exchanges)
            Console.Write(TrialText.Render(new TrialResult($"setup, {step}", exchange, [])));
        using var wire = TargetWire.To(setup.Profile, options, clock);
        var keys = await UserKeys.ObtainAsync(setup.Profile, wire, 1, adminKey, Environment.GetEnvironmentVariable, stop).ConfigureAwait(false);
        var (good, all) = (0, 0);
        var trial = new TargetTrial(setup.Profile, wire, clock, keys.Count == 0 ? null : keys[0], question);
        await foreach (var result in trial.RunAsync(stop).ConfigureAwait(false))
        {
            Console.Write(TrialText.Render(result));
            all++;
            good += result.Good ? 1 : 0;
        }
        Console.WriteLine(good == all ? $"All {all} were understood." : $"{good} of {all} were understood; what is marked ✗ is to be corrected in the profile or in the target.");
        if (stays && trial.HasUploaded && profile.Setup.All(step => step.Undo is null))
            Console.WriteLine("The uploaded document stays at the target.");
        return good == all ? ExitCode.Passed : ExitCode.Failed;
    }

    // The plan only says how the simulated LLM is timed; the smallest one will do.
    private static async Task<EmbeddedTarget> StartAsync(string target, string logs, CancellationToken stop)
    {
        var plan = PlanReader.Read("name: try\npurpose: A trial of the target\nllm: {}\nobjectives: [errors < 1%]\n", "try").Plan!;
        Console.WriteLine($"▸ Starting the RAG system, {OwnTarget.Find(target)!.About}, and its simulated LLM");
        return await EmbeddedTarget.StartAsync(OwnTarget.Find(target)!, plan, logs, llm => llm, new Dictionary<string, string?>(), stop).ConfigureAwait(false);
    }

    private static int Refuse(int code, string message)
    {
        Console.Error.WriteLine(message);
        return code;
    }
}
