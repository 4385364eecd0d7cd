using Loadline.Plans;
using Loadline.Plans.Reading;

namespace Loadline.Suites;

/// <summary>Reads a suite: the suite, or all that is wrong with it at once. What its plans say is checked when they are read (<see cref="SuitePreparation"/>).</summary>
public static class SuiteReader
{
    private const int MostRuns = 100;

    /// <summary>Reads a suite.</summary>
    /// <param name="file">Its file.</param>
    public static (Suite? Suite, IReadOnlyList<PlanProblem> Problems) Read(PlanFile file)
    {
        var problems = new List<PlanProblem>();
        var tree = PlanTree.Read(file.Text, file.FileName, null, problems);
        if (tree is not MapNode root)
        {
            if (tree is not null)
                problems.Add(tree.Origin.Problem("", null, "a suite is made of keys with values", "begin with 'name:', 'purpose:' and 'runs:'"));
            return (null, problems);
        }
        var values = Values(root, SuiteKeys.All, "", problems);
        var entries = new List<SuiteEntry>();
        if (root.Find("runs")?.Value is ListNode { Items.Count: > 0 and <= MostRuns } runs)
            entries.AddRange(runs.Items.Select((run, index) => Entry(run, index, problems)).OfType<SuiteEntry>());
        else
            problems.Add((root.Find("runs")?.Origin ?? root.Origin).Problem("runs", null, $"must be a list of 1 to {MostRuns} runs", "write '- steady' beneath 'runs:'"));
        foreach (var twice in entries.Where(entry => entry.Name is not null).GroupBy(entry => entry.Name).Where(same => same.Count() > 1))
            problems.Add(new PlanProblem(twice.Last().Where, LineOf(twice.Last().Where), "runs.name", twice.Key, "is the name of two runs", "give one of them another name"));
        if (problems.Count > 0)
            return (null, [.. problems.OrderBy(problem => problem.Line ?? int.MaxValue)]);
        return (new Suite
        {
            Name = (string)values["name"],
            Purpose = (string)values["purpose"],
            Schedule = values.GetValueOrDefault("schedule") as string,
            Pause = values.TryGetValue("pause", out var pause) ? (TimeSpan)pause : TimeSpan.Zero,
            StopsOnFailure = values.GetValueOrDefault("on-failure") is SuiteKeys.Stop,
            Entries = entries,
        }, []);
    }

    private static int? LineOf(string where) => int.TryParse(where[(where.LastIndexOf(':') + 1)..], out var line) ? line : null;

    // Single values; lists and sections are their caller's.
    private static Dictionary<string, object> Values(MapNode map, IReadOnlyList<SuiteKey> keys, string path, List<PlanProblem> problems)
    {
        var values = new Dictionary<string, object>();
        foreach (var entry in map.Entries)
        {
            var here = path + entry.Key;
            if (keys.FirstOrDefault(key => key.Name == entry.Key) is not { } key)
                problems.Add(entry.Origin.Problem(here, entry.Key, $"is not a key of {(path.Length == 0 ? "a suite" : "a suite's run")}", Nearest.Advice(entry.Key, [.. keys.Select(known => known.Name)], "keys")));
            else if (key.Kind is not { } kind)
                continue;
            else if (entry.Value is not ScalarNode { IsEmpty: false } scalar)
                problems.Add(entry.Origin.Problem(here, null, "must be one value: " + kind.Rule, $"write, for example, {key.Name}: {kind.Example}"));
            else if (!kind.TryRead(scalar.Text.Trim(), out var value, out var why))
                problems.Add(scalar.Origin.Problem(here, scalar.Text, why, $"write, for example, {key.Name}: {kind.Example}"));
            else
                values[key.Name] = value;
        }
        foreach (var key in keys.Where(key => key is { Default: "required", Kind: not null } && map.Find(key.Name) is null))
            problems.Add(map.Origin.Problem(path + key.Name, null, "is missing", $"add, for example, '{key.Name}: {key.Kind!.Example}'"));
        return values;
    }

    private static SuiteEntry? Entry(PlanNode node, int index, List<PlanProblem> problems)
    {
        var path = $"runs[{index}]";
        if (node is ScalarNode { IsEmpty: false } name)
            return new SuiteEntry { Plan = name.Text.Trim(), Where = $"{node.Origin.File}:{node.Origin.Line}" };
        if (node is not MapNode map)
        {
            problems.Add(node.Origin.Problem(path, null, "must be a plan's name or path, or a section with 'plan'", "write, for example, '- steady' or '- { plan: steady, users: 500 }'"));
            return null;
        }
        var values = Values(map, SuiteKeys.OfRun, path + ".", problems);
        string? Text(string key) => values.ContainsKey(key) ? ((ScalarNode)map.Find(key)!.Value).Text.Trim() : null;
        return new SuiteEntry
        {
            Plan = Text("plan") ?? "",
            Name = Text("name"),
            Target = Text("target"),
            Users = Text("users"),
            TimeScale = Text("time-scale"),
            Seed = Text("seed"),
            Set = Settings(map, path, problems),
            Variant = Variants(map, path, problems),
            StopsOnFailure = values.TryGetValue("on-failure", out var does) ? does is SuiteKeys.Stop : null,
            Where = $"{node.Origin.File}:{node.Origin.Line}",
        };
    }

    private static List<string> Settings(MapNode map, string path, List<PlanProblem> problems)
    {
        if (map.Find("set") is not { } entry)
            return [];
        var items = entry.Value switch { ListNode list => list.Items, var one => [one] };
        if (items.Exists(item => item is not ScalarNode { IsEmpty: false }))
            problems.Add(entry.Origin.Problem(path + ".set", null, "must be lines such as load.timeout=10s", "write, for example, set: [load.timeout=10s]"));
        return [.. items.OfType<ScalarNode>().Select(item => item.Text)];
    }

    private static List<string> Variants(MapNode map, string path, List<PlanProblem> problems)
    {
        if (map.Find("variant") is not { } entry)
            return [];
        if (entry.Value is not MapNode { Entries.Count: > 0 } chosen || chosen.Entries.Exists(one => one.Value is not ScalarNode { IsEmpty: false }))
        {
            problems.Add(entry.Origin.Problem(path + ".variant", null, "must name variants with a value each", "write, for example, variant: { service: embedding }"));
            return [];
        }
        return [.. chosen.Entries.Select(one => $"{one.Key}={((ScalarNode)one.Value).Text}")];
    }
}
