using System.CommandLine;
using Loadline.Plans;
using Loadline.Runs;
using Loadline.Suites;

namespace Loadline.Cli;

/// <summary><c>loadline check PLAN</c>: what the plan would do, or everything that is wrong with it.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var plan = new PlanArguments();
        var command = new Command("check", "Validate a plan or a suite and say in plain sentences what it would do; nothing is run.");
        plan.AddTo(command);
        command.SetAction(arguments =>
        {
            if (plan.Read(arguments) is not { } read)
                return ExitCode.BadPlan;
            try
            {
                if (read.Plan is { } one)
                    Explain(one);
                else
                    Explain(read.Suite!);
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

    private static void Explain(PreparedSuite suite)
    {
        foreach (var line in SuiteExplanation.Explain(suite))
            Console.WriteLine(line);
        // The variants of one plan are alike but for their values: the first in full, and of the others what is different.
        if (suite is not { Suite.Entries.Count: 1, Runs: [{ Plan.Variant.Choices.Count: > 0 } first, ..] })
            return;
        Console.WriteLine();
        Explain(first.Plan);
        var said = first.Plan.Explain();
        foreach (var other in suite.Runs.Skip(1))
        {
            Console.WriteLine();
            Console.WriteLine($"{other.Name} differs in this:");
            foreach (var line in other.Plan.Explain().Except(said))
                Console.WriteLine(line);
        }
    }

    private static void Explain(Plan plan)
    {
        if (plan.Baseline is { } baseline)
            Baselines.Read(baseline);
        foreach (var line in plan.Explain())
            Console.WriteLine(line);
    }
}
