using System.CommandLine;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Targets;

namespace Loadline.Cli;

/// <summary>The plan and what the command line changes in it: the same for every command that takes a plan.</summary>
internal sealed class PlanArguments
{
    private readonly Argument<string> _plan = new("PLAN") { Description = "The name of a shipped plan (see 'loadline list'), or the path of a plan file." };

    private readonly Option<string?> _target = new("--target")
    {
        Description = $"{string.Join(", ", OwnTarget.All.Select(own => $"{own.Name} ({own.About})"))}, the URL of a running 'rag serve', the name of a shipped target profile, a profile's path, or PROFILE@URL. Default: the plan's own.",
        HelpName = string.Join('|', OwnTarget.All.Select(own => own.Name).Append("URL|FILE")),
    };

    private readonly Option<string?> _users = new("--users") { Description = "Users at the height of the test, in place of the plan's.", HelpName = "N" };

    private readonly Option<string?> _timeScale = new("--time-scale")
    {
        Description = "Multiplies the durations of the phases, not rates or think times: 0.1 makes 30 minutes 3.",
        HelpName = "F",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Changes one value of the plan, such as load.timeout=10s, or adds an objective with 'objectives+=query.p99 < 5s'. May be repeated.",
        HelpName = "path=value",
    };

    private readonly Option<string?> _seed = new("--seed") { Description = "The seed of everything random, in place of the plan's.", HelpName = "N" };

    private readonly Option<string?> _baseline = new("--baseline")
    {
        Description = "An earlier run's folder or summary.json, for objectives such as 'query.p95 < 1.2x baseline', in place of the plan's.",
        HelpName = "RUN",
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_plan);
        foreach (var option in new Option[] { _target, _users, _timeScale, _set, _seed, _baseline })
            command.Options.Add(option);
    }

    /// <summary>The plan, or null after its problems were written to standard error.</summary>
    public Plan? Read(ParseResult arguments)
    {
        var file = PlanCatalog.Find(arguments.GetRequiredValue(_plan), out var problem);
        if (file is null)
            return Refuse([problem!]);

        var reading = PlanReader.Read(
            file.Text, file.FileName,
            new PlanOverrides
            {
                Set = arguments.GetValue(_set) ?? [],
                Target = arguments.GetValue(_target),
                Baseline = arguments.GetValue(_baseline),
                Users = arguments.GetValue(_users),
                Seed = arguments.GetValue(_seed),
                TimeScale = arguments.GetValue(_timeScale),
            },
            new Verdicts.ObjectiveRules(), KnownTargets.OperationsOf, KnownTargets.InsideOf);
        return reading.Plan ?? Refuse(reading.Problems);
    }

    private static Plan? Refuse(IReadOnlyList<PlanProblem> problems)
    {
        Console.Error.WriteLine(new PlanException(problems).Message);
        return null;
    }
}
