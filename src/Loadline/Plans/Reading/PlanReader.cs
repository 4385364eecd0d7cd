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
    public static PlanReading Read(
        string text, string fileName, PlanOverrides? overrides = null, IObjectiveRules? objectives = null,
        Func<string, IReadOnlyCollection<string>?>? operationsOf = null, IFaultRules? faultRules = null)
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
        var plans = new List<Plan>();
        foreach (var variant in variants)
        {
            var found = new List<PlanProblem>();
            if (One((MapNode)VariantReader.Fill(root, variant, found), fileName, text, overrides, objectives, faultRules, operationsOf ?? OfOwnTargets, found) is { } plan)
                plans.Add(plan with { Variant = variant });
            problems.AddRange(found.Where(problem => !problems.Contains(problem) && !(isBroken && problem.Received?.Contains("${", StringComparison.Ordinal) == true)));
        }
        return problems.Count > 0 ? Done(null, fileName, problems) : Done(plans[0], fileName, problems) with { Plans = plans };
    }

    private static Plan? One(
        MapNode root, string fileName, string text, PlanOverrides overrides, IObjectiveRules? objectives, IFaultRules? faultRules,
        Func<string, IReadOnlyCollection<string>?> operationsOf, List<PlanProblem> problems)
    {
        var folder = Path.GetDirectoryName(fileName) ?? "";
        var values = new PlanValues(problems, new ObjectiveTaker(folder));
        values.Read(root);
        var timeScale = TimeScale(overrides.TimeScale, values, problems);
        var scenarios = new LoadReader(values, root.Origin, folder, timeScale, problems).Read();
        var faults = new FaultReader(values, root.Origin, timeScale, problems).Read(scenarios);
        CheckOperations(values, scenarios, faults, operationsOf, objectives, problems);
        CheckFaults(values, root.Origin, faults, faultRules, problems);
        CheckObjectives(values, scenarios, faults, objectives, problems);
        return problems.Count > 0 ? null : PlanBuilder.Build(values, scenarios, faults, timeScale, text);
    }

    private static IReadOnlyCollection<string>? OfOwnTargets(string target) => OwnTarget.Find(target) is not null ? StandardOperations : null;

    // Problems of the file in its order, then those of files that it takes objectives from; those of options, which have no line, last.
    private static PlanReading Done(Plan? plan, string fileName, List<PlanProblem> problems) =>
        new(plan, [.. problems.OrderBy(problem => problem.Line is null ? 2 : problem.Where == $"{fileName}:{problem.Line}" ? 0 : 1).ThenBy(problem => problem.Line ?? int.MaxValue)]);

    private static double TimeScale(string? text, PlanValues values, List<PlanProblem> problems)
    {
        if (text is null)
            return 1;
        var origin = new Origin("", 0, $"--time-scale {text}");
        if (!Numbers.TryParse(text, out var scale) || scale is < 0.0001 or > 1000)
        {
            problems.Add(origin.Problem("", text, "must be a number from 0.0001 to 1000 that the phases' durations are multiplied by", "write, for example, 0.1"));
            return 1;
        }
        foreach (var path in values.Loads.Select(load => load + ".phases.hold").Where(values.IsRead))
            if (values.Get<TimeSpan>(path) * scale is var hold && (hold < TimeSpan.FromSeconds(1) || hold > TimeSpan.FromDays(7)))
                problems.Add(origin.Problem(path, DurationQuantity.Text(hold.TotalSeconds), "would be the length of the hold phase, which must be from 1s to 7d", "choose a scale nearer to 1"));
        return scale;
    }

    private static void CheckOperations(
        PlanValues values, IReadOnlyList<Scenario> scenarios, IReadOnlyList<PlanFault> faults, Func<string, IReadOnlyCollection<string>?> operationsOf, IObjectiveRules? rules,
        List<PlanProblem> problems)
    {
        if (!values.IsRead("target") || operationsOf(values.Get<string>("target")) is not { } known)
            return;
        problems.AddRange(LackingOperations.Find(values, known, (text, operations) => rules?.Check(text, Context(values, scenarios, faults, operations)) is null));
    }

    private static void CheckFaults(PlanValues values, Origin root, IReadOnlyList<PlanFault> faults, IFaultRules? rules, List<PlanProblem> problems)
    {
        if (rules is null || !values.IsRead("target"))
            return;
        foreach (var fault in faults.DistinctBy(fault => fault.Name))
            foreach (var (key, received, rule, remedy) in rules.Check(fault, values.Get<string>("target"), values.Has("llm")))
            {
                var path = $"faults.{fault.Name}.{key}";
                problems.Add(values.OriginOf(path, root).Problem(path, received, rule, remedy));
            }
    }

    private static void CheckObjectives(PlanValues values, IReadOnlyList<Scenario> scenarios, IReadOnlyList<PlanFault> faults, IObjectiveRules? rules, List<PlanProblem> problems)
    {
        // Without the faults every objective of one would be wrong as well.
        if (rules is null || (values.Named("faults").Count > 0 && faults.Count == 0))
            return;
        var context = Context(values, scenarios, faults, values.Operations.Select(operation => operation.Name).Distinct());
        foreach (var (text, origin) in values.Lines)
            if (rules.Check(text, context) is { } mistake)
                problems.Add(origin.Problem("objectives", text, mistake.Rule, mistake.Remedy));
    }

    private static ObjectiveContext Context(PlanValues values, IReadOnlyList<Scenario> scenarios, IReadOnlyList<PlanFault> faults, IEnumerable<string> operations) =>
        ObjectiveContext.Of(operations, scenarios, faults, values.IsRead("baseline") && values.Get<string>("baseline") != Plan.NoBaseline);
}
