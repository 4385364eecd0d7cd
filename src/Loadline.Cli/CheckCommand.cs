using System.CommandLine;
using Loadline.Plans;
using Loadline.Runs;

namespace Loadline.Cli;

/// <summary><c>loadline check PLAN</c>: what the plan would do, or everything that is wrong with it.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var plan = new PlanArguments();
        var command = new Command("check", "Validate a plan and say in plain sentences what it would do; nothing is run.");
        plan.AddTo(command);
        command.SetAction(arguments =>
        {
            if (plan.Read(arguments) is not { } read)
                return ExitCode.BadPlan;
            try
            {
                if (read.Baseline is { } baseline)
                    Baselines.Read(baseline);
                foreach (var line in read.Explain())
                    Console.WriteLine(line);
                return ExitCode.Passed;
            }
            catch (BaselineException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return ExitCode.BadPlan;
            }
        });
        return command;
    }
}
