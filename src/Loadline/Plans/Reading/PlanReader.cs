using Loadline.Plans.Quantities;

namespace Loadline.Plans.Reading;

/// <summary>Reads a plan: the plan, or all that is wrong with it at once. Nothing is adjusted silently.</summary>
public static class PlanReader
{
    private static readonly string[] StandardOperations = ["query", "upload", "search", "status", "embed", "models", "read"];

    /// <summary>Reads a plan.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="fileName">The name that problems show.</param>
    /// <param name="overrides">What the command line changes; null for nothing.</param>
    /// <param name="objectives">Checks objectives; null leaves them unchecked.</param>
    /// <param name="faultRules">Checks faults against the target; null leaves them unchecked.</param>
    /// <param name="operationsOf">The operations that a target has, or null where they are not known; without it, those of Loadline's own targets only.</param>
    /// <param name="insideOf">The metrics that a target tells of its inside, or null where they are not known; without it, nothing is known of them.</param>
    public static PlanReading Read(
        string text, string fileName, PlanOverrides? overrides = null, IObjectiveRules? objectives = null,
        Func<string, IReadOnlyCollection<string>?>? operationsOf = null, Func<string, IReadOnlyCollection<string>?>? insideOf = null, IFaultRules? faultRules = null)
    {
        overrides ??= PlanOverrides.None;
        var problems = new List<PlanProblem>();
        var tree = PlanTree.Read(text, fileName, null, problems);
        if (tree is not null and not MapNode)
            problems.Add(tree.Origin.Problem("", null, "a plan is made of keys with values", "begin with 'name:', 'purpose:' and 'objectives:'"));
        if (tree is not MapNode root)
            return Done(null, fileName, problems);

        OverrideApplier.Apply(root, overrides, problems);
        var variants = VariantReader.Read(root, overrides.Variant, problems);
        // What stands where a variant's value should be says nothing more once the variants themselves are wrong.
        var isBroken = problems.Count > 0;
        var rules = new PlanRules(objectives, faultRules, operationsOf ?? OfOwnTargets, insideOf ?? (_ => null));
        var plans = new List<Plan>();
        foreach (var variant in variants)
        {
            var found = new List<PlanProblem>();
            if (One((MapNode)VariantReader.Fill(root, variant, found), fileName, text, overrides, rules, found) is { } plan)
                plans.Add(plan with { Variant = variant });
            problems.AddRange(found.Where(problem => !problems.Contains(problem) && !(isBroken && problem.Received?.Contains("${", StringComparison.Ordinal) == true)));
        }
        return problems.Count > 0 ? Done(null, fileName, problems) : Done(plans[0], fileName, problems) with { Plans = plans };
    }

    private static Plan? One(MapNode root, string fileName, string text, PlanOverrides overrides, PlanRules rules, List<PlanProblem> problems)
    {
        var folder = Path.GetDirectoryName(fileName) ?? "";
        var values = new PlanValues(problems, new ObjectiveTaker(folder));
        values.Read(root);
        var (timeScale, isRaised) = TimeScale(overrides.TimeScale, values, problems);
        var scenarios = new LoadReader(values, root.Origin, folder, timeScale, problems).Read();
        var faults = new FaultReader(values, root.Origin, timeScale, problems).Read(scenarios);
        new PlanChecks(values, root.Origin, scenarios, faults, rules, problems).Check();
        return problems.Count > 0 ? null : PlanBuilder.Build(values, scenarios, faults, timeScale, text) with { IsTimeScaleRaised = isRaised };
    }

    private static IReadOnlyCollection<string>? OfOwnTargets(string target) => OwnTarget.Find(target) is not null ? StandardOperations : null;

    // Problems of the file in its order, then those of files that it takes objectives from; those of options, which have no line, last.
    private static PlanReading Done(Plan? plan, string fileName, List<PlanProblem> problems) =>
        new(plan, [.. problems.OrderBy(problem => problem.Line is null ? 2 : problem.Where == $"{fileName}:{problem.Line}" ? 0 : 1).ThenBy(problem => problem.Line ?? int.MaxValue)]);

    private static (double Scale, bool IsRaised) TimeScale(string? text, PlanValues values, List<PlanProblem> problems)
    {
        if (text is null)
            return (1, false);
        var origin = new Origin("", 0, $"--time-scale {text}");
        if (!Numbers.TryParse(text, out var scale) || scale is < 0.0001 or > 1000)
        {
            problems.Add(origin.Problem("", text, "must be a number from 0.0001 to 1000 that the phases' durations are multiplied by", "write, for example, 0.1"));
            return (1, false);
        }
        var isRaised = values.IsRead("min-time-scale") && scale < values.Get<double>("min-time-scale");
        if (isRaised)
            scale = values.Get<double>("min-time-scale");
        foreach (var path in values.Loads.Select(load => load + ".phases.hold").Where(values.IsRead))
            if (values.Get<TimeSpan>(path) * scale is var hold && (hold < TimeSpan.FromSeconds(1) || hold > TimeSpan.FromDays(7)))
                problems.Add(origin.Problem(path, DurationQuantity.Text(hold.TotalSeconds), "would be the length of the hold phase, which must be from 1s to 7d", "choose a scale nearer to 1"));
        return (scale, isRaised);
    }
}
