using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Suites;
using Loadline.Targets;

namespace Loadline.Cli;

/// <summary>What <c>loadline run NAME</c> and <c>loadline check NAME</c> are about: one run, or several that make a suite (a suite's, or the variants of a plan).</summary>
/// <param name="Plan">The plan of one run; null for a suite.</param>
/// <param name="Suite">The suite, ready to be run; null for one run.</param>
internal sealed record RunChoice(Plan? Plan, PreparedSuite? Suite)
{
    /// <summary>Reads it; null after its problems were written to standard error.</summary>
    public static RunChoice? Read(string nameOrPath, PlanOverrides overrides)
    {
        if (SuiteCatalog.Find(nameOrPath, out var isSuite, out var problem) is not { } file)
            return Refuse("The plan", [problem!.ToString()]);
        if (!isSuite)
            return OfPlan(nameOrPath, file, overrides);
        var (suite, problems) = SuiteReader.Read(file);
        return suite is null ? Refuse("The suite", [.. problems.Select(one => one.ToString())]) : OfSuite(suite, overrides, Path.GetDirectoryName(file.FileName) ?? "");
    }

    private static RunChoice? OfPlan(string nameOrPath, PlanFile file, PlanOverrides overrides)
    {
        var reading = PlanReader.Read(file.Text, file.FileName, overrides, new Verdicts.ObjectiveRules(), KnownTargets.OperationsOf, KnownTargets.InsideOf, new Faults.FaultRules());
        if (reading.Plans.Count == 1)
            return new RunChoice(reading.Plan, null);
        return reading.Plan is null
            ? Refuse("The plan", [.. reading.Problems.Select(one => one.ToString())])
            : OfSuite(Suites.Suite.OfVariants(nameOrPath, reading.Plans), overrides, "");
    }

    private static RunChoice? OfSuite(Suite suite, PlanOverrides overrides, string folder) =>
        new SuitePreparation(suite, overrides, folder).Prepare(out var problems) is { } prepared ? new RunChoice(null, prepared) : Refuse("The suite", problems);

    private static RunChoice? Refuse(string what, IReadOnlyList<string> problems)
    {
        Console.Error.WriteLine(string.Join("\n  ", problems.Prepend(problems.Count == 1 ? $"{what} has a problem:" : $"{what} has {problems.Count} problems:")));
        return null;
    }
}
