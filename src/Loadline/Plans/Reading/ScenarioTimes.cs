namespace Loadline.Plans.Reading;

/// <summary>When scenarios begin: at the run's start, some time later, or after another.</summary>
internal sealed class ScenarioTimes(PlanValues values, Origin root, double timeScale, List<PlanProblem> problems)
{
    /// <summary>Gives every scenario its start. Where a problem was found the result is of no use.</summary>
    public IReadOnlyList<Scenario> Place(IReadOnlyList<Scenario> scenarios)
    {
        var names = scenarios.Select(scenario => scenario.Name).ToList();
        foreach (var (path, name, after) in scenarios.Select(scenario => (Path(scenario) + ".after", scenario.Name, After(scenario))))
            if (after is not null && (!names.Contains(after) || after == name))
                problems.Add(values.OriginOf(path, root).Problem(path, after, after == name ? "is the scenario itself" : "is not a scenario of this plan", Nearest.Advice(after, [.. names.Where(other => other != name)], "other scenarios")));
        if (problems.Count > 0)
            return scenarios;
        var ends = new Dictionary<string, TimeSpan>();
        var placed = new Dictionary<string, Scenario>();
        while (placed.Count < scenarios.Count)
        {
            var ready = scenarios.Where(scenario => !placed.ContainsKey(scenario.Name) && (After(scenario) is not { } after || ends.ContainsKey(after))).ToList();
            if (ready.Count == 0)
            {
                var stuck = scenarios.First(scenario => !placed.ContainsKey(scenario.Name));
                problems.Add(values.OriginOf(Path(stuck) + ".after", root).Problem(Path(stuck) + ".after", After(stuck), "leads back to the scenario itself", "let one of them begin without 'after'"));
                return scenarios;
            }
            foreach (var scenario in ready)
            {
                var delay = values.IsRead(Path(scenario) + ".start") ? values.Get<TimeSpan>(Path(scenario) + ".start") * timeScale : TimeSpan.Zero;
                placed[scenario.Name] = scenario with { Start = (After(scenario) is { } after ? ends[after] : TimeSpan.Zero) + delay };
                ends[scenario.Name] = placed[scenario.Name].End;
            }
        }
        var result = scenarios.Select(scenario => placed[scenario.Name]).ToList();
        CheckHold(result);
        return result;
    }

    private void CheckHold(List<Scenario> scenarios)
    {
        if (scenarios.All(scenario => scenario.Start > TimeSpan.Zero))
            problems.Add(values.OriginOf("scenarios", root).Problem("scenarios", null, "has none that begins with the run", "remove 'start' from the first"));
        else if (RunPhases.Of(scenarios) is var (from, to, _) && to - from < TimeSpan.FromSeconds(1))
            problems.Add(values.OriginOf("scenarios", root).Problem("scenarios", null, "leaves no hold phase of 1s: of those that begin with the run, one goes down before another is up", "lengthen the hold phase of the shorter, or let it begin later with 'start'"));
    }

    private string Path(Scenario scenario) => values.Has("scenarios") ? "scenarios." + scenario.Name : "load";

    private string? After(Scenario scenario) => values.IsRead(Path(scenario) + ".after") ? values.Get<string>(Path(scenario) + ".after") : null;
}
