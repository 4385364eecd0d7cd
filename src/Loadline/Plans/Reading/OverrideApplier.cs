using Loadline.Plans.Keys;

namespace Loadline.Plans.Reading;

/// <summary>Writes command-line options into a plan's nodes, each under the option's name, before the plan is understood: so the same rules check them.</summary>
internal static class OverrideApplier
{
    /// <summary>Applies <c>--users</c>, <c>--seed</c>, <c>--set</c> in the order given, <c>--target</c> and <c>--baseline</c>.</summary>
    public static void Apply(MapNode root, PlanOverrides overrides, List<PlanProblem> problems)
    {
        if (overrides.Users is { } users)
            UserScale.Apply(root, new ScalarNode(Option($"--users {users}"), users, true), () => Put(root, "load.users", new ScalarNode(Option($"--users {users}"), users, true), false, problems));
        if (overrides.Seed is { } seed)
            Put(root, "seed", new ScalarNode(Option($"--seed {seed}"), seed, true), false, problems);
        foreach (var setting in overrides.Set)
            Apply(root, setting, problems);
        if (overrides.Target is { } target)
            Apply(root, $"target={target}", problems);
        if (overrides.Baseline is { } baseline)
            Apply(root, $"baseline={baseline}", problems);
    }

    private static Origin Option(string option) => new("", 0, option);

    private static void Apply(MapNode root, string setting, List<PlanProblem> problems)
    {
        var origin = Option($"--set {setting}");
        var equals = setting.IndexOf('=');
        var adds = equals > 0 && setting[equals - 1] == '+';
        var path = equals < 0 ? "" : setting[..(adds ? equals - 1 : equals)].Trim();
        if (path.Length == 0 || path.Split('.').Any(string.IsNullOrWhiteSpace))
        {
            problems.Add(origin.Problem("", setting, "must be path=value, or objectives+=line", "write, for example, --set load.users=500"));
            return;
        }
        var text = setting[(equals + 1)..].Trim();
        // Brackets open a section or list in YAML's short form; anything else is the value as it stands, which saves shells a layer of quotes.
        var value = text is ['{' or '[', ..] ? PlanTree.Read(text, "", origin.Option, problems) : new ScalarNode(origin, text, true);
        if (value is not null)
            Put(root, path, value, adds, problems);
    }

    private static void Put(MapNode root, string path, PlanNode value, bool adds, List<PlanProblem> problems)
    {
        var parts = path.Split('.');
        var map = root;
        for (var i = 0; i < parts.Length - 1; i++)
        {
            var here = string.Join('.', parts[..(i + 1)]);
            switch (map.Find(parts[i])?.Value)
            {
                case MapNode below:
                    map = below;
                    continue;
                case null or ScalarNode { IsEmpty: true }:
                    var made = new MapNode(value.Origin, Standard(here, value.Origin));
                    Replace(map, parts[i], made);
                    map = made;
                    continue;
                default:
                    problems.Add(value.Origin.Problem(path, parts[i + 1], $"is no key: '{here}' has no keys beneath it", $"write {here}=value"));
                    return;
            }
        }
        var isLines = PlanKeys.Find(path) is { Shape: KeyShape.Lines };
        if (adds && !isLines)
            problems.Add(value.Origin.Problem(path, null, "is not a list, so nothing can be added to it", $"write {path}=value"));
        else if (isLines)
        {
            var added = value is ListNode several ? several.Items : [value];
            var before = adds && map.Find(parts[^1])?.Value is ListNode list ? list.Items : [];
            Replace(map, parts[^1], new ListNode(value.Origin, [.. before, .. added]));
        }
        else
            Replace(map, parts[^1], value);
    }

    // One weight that is set must not make the plan forget the other weights' defaults.
    private static List<MapEntry> Standard(string path, Origin origin) =>
        PlanKeys.Find(path) is { Shape: KeyShape.Weights } key
            ? [.. Weights.Split(key.Default!).Select(weight => new MapEntry(weight.Name, origin, new ScalarNode(origin, weight.Value, true)))]
            : [];

    private static void Replace(MapNode map, string key, PlanNode value)
    {
        var entry = new MapEntry(key, value.Origin, value);
        var at = map.Entries.FindIndex(e => e.Key == key);
        if (at < 0)
            map.Entries.Add(entry);
        else
            map.Entries[at] = entry;
    }
}
