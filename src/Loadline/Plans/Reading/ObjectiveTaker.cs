namespace Loadline.Plans.Reading;

/// <summary>Takes objectives from a file for a plan: <c>{ from: rag, only: [performance, users], except: [query] }</c>.</summary>
/// <param name="folder">The plan's folder; relative paths of files count from it.</param>
internal sealed class ObjectiveTaker(string folder)
{
    private static readonly string[] Keys = ["from", "only", "except"];

    /// <summary>The objectives that an item takes, each with its place in its own file.</summary>
    /// <param name="item">The item.</param>
    /// <param name="problems">Takes what is wrong with the item or with the file.</param>
    public IReadOnlyList<(string Text, Origin Origin)> Take(MapNode item, List<PlanProblem> problems)
    {
        var before = problems.Count;
        foreach (var entry in item.Entries.Where(entry => !Keys.Contains(entry.Key)))
            problems.Add(entry.Origin.Problem($"objectives.{entry.Key}", entry.Key, "is not a key of an item that takes objectives from a file", Nearest.Advice(entry.Key, Keys, "keys")));
        if (item.Find("from")?.Value is not ScalarNode { IsEmpty: false } from)
        {
            problems.Add(item.Origin.Problem("objectives.from", null, "is missing", "write, for example, '- { from: rag, only: [performance] }', or a line such as '- query.p95 < 3s'"));
            return [];
        }
        if (ObjectiveFile.Find(from.Text.Trim(), folder, out var missing) is not { } file)
        {
            problems.Add(from.Origin.Problem("objectives.from", from.Text, missing!.Rule, missing.Remedy));
            return [];
        }
        var ownProblems = new List<PlanProblem>();
        var read = ObjectiveFileReader.Read(file, ownProblems);
        // Two items may take from one file: what is wrong with it is said once.
        problems.AddRange(ownProblems.Where(problem => !problems.Contains(problem)));
        var only = Names(item, "only", read, problems);
        var except = Names(item, "except", read, problems);
        var taken = read.Objectives.Where(objective => (only is null || Is(objective, only)) && (except is null || !Is(objective, except))).ToList();
        if (taken.Count == 0 && problems.Count == before)
            problems.Add(item.Origin.Problem("objectives", null, $"takes none of the objectives of '{from.Text}'", "take out 'except', or name more under 'only'"));
        return [.. taken.Select(objective => (objective.Text, new Origin(file.FileName, objective.Line)))];
    }

    private static bool Is(NamedObjective objective, IReadOnlyCollection<string> names) => names.Contains(objective.Group) || names.Contains(objective.Id);

    private static List<string>? Names(MapNode item, string key, ObjectiveFile file, List<PlanProblem> problems)
    {
        if (item.Find(key) is not { } entry)
            return null;
        var nodes = entry.Value switch { ListNode list => list.Items, ScalarNode { IsEmpty: false } one => [one], _ => [] };
        if (nodes.Count == 0)
            problems.Add(entry.Origin.Problem($"objectives.{key}", null, "must name groups or ids", $"write, for example, {key}: [performance, users]"));
        var known = file.Objectives.SelectMany(objective => new[] { objective.Group, objective.Id }).Distinct().ToList();
        var names = new List<string>();
        foreach (var node in nodes)
        {
            if (node is not ScalarNode scalar)
                problems.Add(node.Origin.Problem($"objectives.{key}", null, "must be the name of a group or an id", $"write, for example, {key}: [performance, users]"));
            else if (!known.Contains(scalar.Text) && known.Count > 0)
                problems.Add(scalar.Origin.Problem($"objectives.{key}", scalar.Text, $"is neither a group nor an id of '{file.Name}'", Nearest.Advice(scalar.Text, known, "groups and ids")));
            else
                names.Add(scalar.Text);
        }
        return names;
    }
}
