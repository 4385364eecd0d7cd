using Loadline.Plans.Keys;

namespace Loadline.Plans.Reading;

/// <summary>Makes the loads of a plan from its values, and checks what no key's own rule can: which keys go together, and what comes after what.</summary>
/// <param name="values">The values.</param>
/// <param name="root">Where the plan begins.</param>
/// <param name="folder">The plan's folder; relative paths of traces count from it.</param>
/// <param name="timeScale">What durations are multiplied by.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class LoadReader(PlanValues values, Origin root, string folder, double timeScale, List<PlanProblem> problems)
{
    private static readonly string[] Shapes = ["users", "stages", "rate", "burst", "replay"];
    private static readonly string[] OfOpenLoads = ["arrivals", "users-at-most", "waiting-at-most"];
    private static readonly string[] OfClosedLoads = ["pace", "intensity"];
    private static readonly string[] Phases = ["phases.up", "phases.hold", "phases.down"];

    /// <summary>Reads all loads. Where a problem was found the result is of no use.</summary>
    public IReadOnlyList<Scenario> Read()
    {
        if (values.Has("scenarios") && values.Has("load"))
            Problem("load", null, "is given together with 'scenarios', and a plan has one of the two", "move what is under 'load' to each scenario, or into a scenario of its own");
        foreach (var load in values.Loads)
        {
            CheckShape(load);
            CheckDocuments(load);
        }
        if (problems.Count > 0)
            return [];
        var starts = new ScenarioTimes(values, root, timeScale, problems);
        var scenarios = new List<Scenario>();
        foreach (var path in values.Loads)
        {
            if (Load(path) is not { } load)
                return [];
            scenarios.Add(new Scenario
            {
                Name = path == "load" ? Scenario.Default : path[(path.LastIndexOf('.') + 1)..],
                Tags = values.IsRead(path + ".tags") ? values.Get<Dictionary<string, string>>(path + ".tags") : new Dictionary<string, string>(),
                Load = load,
            });
        }
        return starts.Place(scenarios);
    }

    private bool Is(string load, string key) => values.Has($"{load}.{key}");

    private bool IsOpen(string load) => Is(load, "rate") || Is(load, "burst") || Is(load, "replay") || Stages(load).Any(stage => stage.IsRate);

    private IEnumerable<Stage> Stages(string load) => values.IsRead(load + ".stages") ? values.Get<List<object>>(load + ".stages").Cast<Stage>() : [];

    private void Problem(string path, string? received, string rule, string remedy) => problems.Add(values.OriginOf(path, root).Problem(path, received, rule, remedy));

    private void CheckShape(string load)
    {
        var shapes = Shapes.Where(shape => Is(load, shape)).ToList();
        foreach (var second in shapes.Skip(1))
            Problem($"{load}.{second}", null, $"is given together with '{shapes[0]}', and a load has one of {string.Join(", ", Shapes)}", "remove one of the two, or make them two scenarios");
        var open = IsOpen(load);
        foreach (var key in (open ? OfClosedLoads : OfOpenLoads).Where(key => Is(load, key)))
            Problem($"{load}.{key}", null, open ? "belongs to a closed load, and this one is open" : "belongs to an open load, and this one is closed", open ? "remove it: in an open load the rate says how often" : "remove it, or write 'rate' in place of 'users'");
        foreach (var key in open ? [.. OfClosedLoads, "users"] : OfOpenLoads)
            values.Forget($"{load}.{key}");
        if (open && !Is(load, "turns"))
            values.Forget(load + ".think");
        if (Is(load, "pace") && Is(load, "think"))
            Problem($"{load}.pace", null, "is given together with 'think', and users do one of the two", "remove one of the two");
        if (Is(load, "spike") && !Is(load, "rate"))
            Problem($"{load}.spike", null, "is on top of a 'rate', and this load has none", "add, for example, rate: 120/s, or write stages");
        if (Stages(load).Select(stage => stage.IsRate).Distinct().Count() > 1)
            Problem($"{load}.stages", null, "mixes users and rates", "write every level as users (200) or every level as a rate (200/s)");
        var ownTimes = shapes.FirstOrDefault() is "stages" or "burst" or "replay";
        if (!ownTimes)
            return;
        if (Is(load, "phases"))
            Problem($"{load}.phases", null, $"is given together with '{shapes[0]}', which says itself how long the load lasts", "remove 'phases'");
        foreach (var key in Phases)
            values.Forget($"{load}.{key}");
        if (Is(load, "stages") && Stages(load).All(stage => stage.To == 0))
            Problem($"{load}.stages", null, "never leaves 0", "write, for example, - 1m to 200");
        if (values.IsRead(load + ".burst.requests") && values.IsRead(load + ".burst.at-once") && values.Number(load + ".burst.at-once") > values.Number(load + ".burst.requests"))
            Problem($"{load}.burst.at-once", $"{values.Number(load + ".burst.at-once")}", "must be no more than the requests of the burst", "lower it");
    }

    // The whole corpus is held by the target under test: a thousand users with ten thousand documents each is a typing mistake.
    private void CheckDocuments(string load)
    {
        var users = IsOpen(load) ? load + ".users-at-most" : load + ".users";
        var each = load + ".documents-per-user";
        if (!values.IsRead(users) || !values.IsRead(each))
            return;
        var total = (long)values.Number(users) * values.Number(each);
        if (total > 10_000_000)
            problems.Add(values.OriginOf(each, values.OriginOf(users, root)).Problem(each, $"{total}", "would be the documents of all users together, which may be at most 10000000", $"lower {users} or {each}"));
    }

    private Load? Load(string path)
    {
        T Get<T>(string key) => values.Get<T>($"{path}.{key}");
        T? Maybe<T>(string key) where T : class => values.IsRead($"{path}.{key}") ? Get<T>(key) : null;
        var shape = new LoadShape(values, path, folder, timeScale);
        if (shape.Read(out var why, out var remedy) is not { } times)
        {
            Problem(shape.Path, null, why!, remedy!);
            return null;
        }
        return new Load
        {
            Users = IsOpen(path) ? values.Number(path + ".users-at-most") : times.Users,
            Arrivals = times.Arrivals,
            Stages = times.Stages,
            WaitingAtMost = values.Number(path + ".waiting-at-most"),
            Up = times.Up,
            Hold = times.Hold,
            Down = times.Down,
            Think = Get<Distribution>("think"),
            Pace = Maybe<Distribution>("pace"),
            Intensity = values.IsRead(path + ".intensity") ? Get<double>("intensity") : 1,
            Turns = Maybe<Distribution>("turns"),
            Retry = !values.Has(path + ".retry") ? null : new RetryPolicy(
                values.Number(path + ".retry.attempts"), Get<Backoff>("retry.backoff"), Get<Jitter>("retry.jitter"), Get<TimeSpan>("retry.retry-after")),
            Mix = Get<Dictionary<string, double>>("mix"),
            Timeout = Get<TimeSpan>("timeout"),
            Stream = Get<double>("stream"),
            DocumentsPerUser = values.Number(path + ".documents-per-user"),
            Watch = Get<double>("watch"),
            Traced = Get<double>("traced"),
        };
    }
}
