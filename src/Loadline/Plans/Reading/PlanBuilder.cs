namespace Loadline.Plans.Reading;

/// <summary>Makes a plan from values that broke no rule.</summary>
internal static class PlanBuilder
{
    /// <summary>Makes the plan; the scale multiplies the phases' durations only.</summary>
    public static Plan Build(PlanValues values, double timeScale, string source) => new()
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
        Load = new Load
        {
            Users = values.Number("load.users"),
            Up = values.Get<TimeSpan>("load.phases.up") * timeScale,
            Hold = values.Get<TimeSpan>("load.phases.hold") * timeScale,
            Down = values.Get<TimeSpan>("load.phases.down") * timeScale,
            Think = values.Get<Distribution>("load.think"),
            Mix = values.Get<Dictionary<string, double>>("load.mix"),
            Timeout = values.Get<TimeSpan>("load.timeout"),
            Stream = values.Get<double>("load.stream"),
            DocumentsPerUser = values.Number("load.documents-per-user"),
            Watch = values.Get<double>("load.watch"),
        },
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
        Objectives = [.. values.Lines.Select(line => new Objective(line.Text, line.Origin.Line))],
    };
}
