using Loadline.Plans.Quantities;

namespace Loadline.Plans.Reading;

/// <summary>Reads a plan: the plan, or all that is wrong with it at once. Nothing is adjusted silently.</summary>
public static class PlanReader
{
    private static readonly string[] StandardOperations = ["query", "upload", "search", "status"];

    /// <summary>Reads a plan.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="fileName">The name that problems show.</param>
    /// <param name="overrides">What the command line changes; null for nothing.</param>
    /// <param name="objectives">Checks objectives; null leaves them unchecked.</param>
    /// <param name="operationsOf">The operations that a target has, or null where they are not known; without it, those of Loadline's own targets only.</param>
    /// <param name="insideOf">The metrics that a target tells of its inside, or null where they are not known; without it, nothing is known of them.</param>
    public static PlanReading Read(
        string text, string fileName, PlanOverrides? overrides = null, IObjectiveRules? objectives = null,
        Func<string, IReadOnlyCollection<string>?>? operationsOf = null, Func<string, IReadOnlyCollection<string>?>? insideOf = null)
    {
        overrides ??= PlanOverrides.None;
        var problems = new List<PlanProblem>();
        var tree = PlanTree.Read(text, fileName, null, problems);
        if (tree is not null and not MapNode)
            problems.Add(tree.Origin.Problem("", null, "a plan is made of keys with values", "begin with 'name:', 'purpose:' and 'objectives:'"));
        if (tree is not MapNode root)
            return Done(null, problems);

        OverrideApplier.Apply(root, overrides, problems);
        var values = new PlanValues(problems);
        values.Read(root);
        var timeScale = TimeScale(overrides.TimeScale, values, problems);
        var loads = new LoadReader(values, root.Origin, Path.GetDirectoryName(fileName) ?? "", timeScale, problems);
        var scenarios = loads.Read();
        CheckOperations(values, operationsOf ?? OfOwnTargets, problems);
        CheckObjectives(values, scenarios, objectives, insideOf, problems);
        return Done(problems.Count > 0 ? null : PlanBuilder.Build(values, scenarios, timeScale, text), problems);
    }

    private static IReadOnlyCollection<string>? OfOwnTargets(string target) => OwnTarget.Find(target) is not null ? StandardOperations : null;

    // Problems of the file in its order; those of options, which have no line, last.
    private static PlanReading Done(Plan? plan, List<PlanProblem> problems) => new(plan, [.. problems.OrderBy(problem => problem.Line ?? int.MaxValue)]);

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

    private static void CheckOperations(PlanValues values, Func<string, IReadOnlyCollection<string>?> operationsOf, List<PlanProblem> problems)
    {
        if (!values.IsRead("target") || operationsOf(values.Get<string>("target")) is not { } known)
            return;
        foreach (var (path, name, origin) in values.Operations.Where(operation => !known.Contains(operation.Name)))
            problems.Add(origin.Problem($"{path}.{name}", name, $"is not an operation of the target '{values.Get<string>("target")}'", Nearest.Advice(name, known, "operations")));
    }

    private static void CheckObjectives(PlanValues values, IReadOnlyList<Scenario> scenarios, IObjectiveRules? rules, Func<string, IReadOnlyCollection<string>?>? insideOf, List<PlanProblem> problems)
    {
        if (rules is null)
            return;
        var context = ObjectiveContext.Of(
            values.Operations.Select(operation => operation.Name).Distinct(), scenarios, values.IsRead("baseline") && values.Get<string>("baseline") != Plan.NoBaseline) with
        { Inside = values.IsRead("target") ? insideOf?.Invoke(values.Get<string>("target")) : null };
        foreach (var (text, origin) in values.Lines)
            if (rules.Check(text, context) is { } mistake)
                problems.Add(origin.Problem("objectives", text, mistake.Rule, mistake.Remedy));
    }
}
