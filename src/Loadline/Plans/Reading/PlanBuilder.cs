using System.Text.RegularExpressions;

namespace Loadline.Plans.Reading;

/// <summary>Makes a plan from values that broke no rule.</summary>
internal static partial class PlanBuilder
{
    /// <summary>Makes the plan; the scale multiplies the phases' durations only.</summary>
    public static Plan Build(PlanValues values, IReadOnlyList<Scenario> scenarios, IReadOnlyList<PlanFault> faults, double timeScale, string source) => new()
    {
        Name = values.Get<string>("name"),
        Purpose = values.Get<string>("purpose"),
        Target = values.Get<string>("target"),
        Seed = values.Get<ulong>("seed"),
        Source = source,
        Baseline = values.Get<string>("baseline") is var baseline && baseline != Plan.NoBaseline ? baseline : null,
        TimeScale = timeScale,
        Settings = values.Settings,
        Defaulted = values.Defaulted,
        Load = RunPhases.Sum(scenarios),
        Scenarios = scenarios,
        Faults = faults,
        Data = new PlanData
        {
            Documents = values.Number("data.documents"),
            Words = values.Get<Distribution>("data.words"),
            Topics = values.Number("data.topics"),
            Popularity = values.Get<double>("data.popularity"),
            TopK = values.Number("data.top-k"),
        },
        Llm = !values.Has("llm") ? null : new LlmModel
        {
            FirstToken = values.Get<Distribution>("llm.first-token"),
            PerToken = values.Get<Distribution>("llm.per-token"),
            OutputTokens = values.Get<Distribution>("llm.output-tokens"),
            Slots = values.Number("llm.slots"),
            Queue = values.Number("llm.queue"),
            LoadFactor = values.Get<double>("llm.load-factor"),
            Failures = values.Get<double>("llm.failures"),
        },
        Objectives = [.. values.Lines.Select(line => new Objective(line.Text, line.Origin.Line)), .. Implied(values, scenarios)],
    };

    // A load that was not sent as planned says nothing of the target under that load. A plan that says how much may be missing has its own line.
    private static IEnumerable<Objective> Implied(PlanValues values, IReadOnlyList<Scenario> scenarios) =>
        scenarios.Any(scenario => scenario.Load.Arrivals is not null) && !values.Lines.Any(line => OwnSent().IsMatch(line.Text)) ? [new Objective("sent >= 99.9%", 0)] : [];

    [GeneratedRegex(@"^\s*(should\s+)?sent\s*[<>=]")]
    private static partial Regex OwnSent();
}
