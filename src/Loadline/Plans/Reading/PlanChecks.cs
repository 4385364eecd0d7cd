namespace Loadline.Plans.Reading;

/// <summary>What later folders know of plans: each is declared here and implemented there.</summary>
/// <param name="Objectives">Checks objectives; null leaves them unchecked.</param>
/// <param name="Faults">Checks faults against the target; null leaves them unchecked.</param>
/// <param name="OperationsOf">The operations that a target has; null where they are not known.</param>
/// <param name="InsideOf">The metrics that a target tells of its inside; null where they are not known.</param>
internal sealed record PlanRules(
    IObjectiveRules? Objectives, IFaultRules? Faults, Func<string, IReadOnlyCollection<string>?> OperationsOf, Func<string, IReadOnlyCollection<string>?> InsideOf);

/// <summary>Checks what a plan says of its target, when all of its values are read: operations, faults, objectives.</summary>
/// <param name="values">The values.</param>
/// <param name="root">Where the plan begins.</param>
/// <param name="scenarios">The loads; empty where one of them is broken.</param>
/// <param name="faults">The faults; empty where one of them is broken.</param>
/// <param name="rules">The rules.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class PlanChecks(
    PlanValues values, Origin root, IReadOnlyList<Scenario> scenarios, IReadOnlyList<PlanFault> faults, PlanRules rules, List<PlanProblem> problems)
{
    private string? Target => values.IsRead("target") ? values.Get<string>("target") : null;

    /// <summary>Checks everything.</summary>
    public void Check()
    {
        CheckOperations();
        CheckFaults();
        CheckObjectives();
    }

    private void CheckOperations()
    {
        if (Target is { } target && rules.OperationsOf(target) is { } known)
            problems.AddRange(LackingOperations.Find(values, known, (text, operations) => rules.Objectives?.Check(text, Context(operations)) is null));
    }

    private void CheckFaults()
    {
        if (rules.Faults is null || Target is not { } target)
            return;
        foreach (var fault in faults.DistinctBy(fault => fault.Name))
            foreach (var (key, received, rule, remedy) in rules.Faults.Check(fault, target, values.Has("llm")))
            {
                var path = $"faults.{fault.Name}.{key}";
                problems.Add(values.OriginOf(path, root).Problem(path, received, rule, remedy));
            }
    }

    private void CheckObjectives()
    {
        // Without the faults every objective of one would be wrong as well.
        if (rules.Objectives is null || (values.Named("faults").Count > 0 && faults.Count == 0))
            return;
        var context = Context(values.Operations.Select(operation => operation.Name).Distinct());
        foreach (var (text, origin) in values.Lines)
            if (rules.Objectives.Check(text, context) is { } mistake)
                problems.Add(origin.Problem("objectives", text, mistake.Rule, mistake.Remedy));
    }

    private ObjectiveContext Context(IEnumerable<string> operations) =>
        ObjectiveContext.Of(operations, scenarios, faults, values.IsRead("baseline") && values.Get<string>("baseline") != Plan.NoBaseline) with
        {
            Inside = Target is { } target ? rules.InsideOf(target) : null,
        };
}
