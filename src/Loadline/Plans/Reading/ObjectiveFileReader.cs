using System.Text.RegularExpressions;
using Loadline.Plans.Keys;

namespace Loadline.Plans.Reading;

/// <summary>Reads a file of objectives: <c>name</c>, <c>purpose</c>, and <c>objectives</c> in groups.</summary>
internal static partial class ObjectiveFileReader
{
    private const int MostObjectives = 500;

    private static readonly string[] RootKeys = ["name", "purpose", "objectives"];

    /// <summary>Reads it; what could be read although there are problems is returned all the same.</summary>
    public static ObjectiveFile Read(PlanFile file, List<PlanProblem> problems)
    {
        var found = new List<NamedObjective>();
        var tree = PlanTree.Read(file.Text, file.FileName, null, problems);
        if (tree is not MapNode root)
        {
            if (tree is not null)
                problems.Add(tree.Origin.Problem("", null, "a file of objectives is made of keys with values", "begin with 'name:', 'purpose:' and 'objectives:'"));
            return new("", "", found);
        }
        foreach (var entry in root.Entries.Where(entry => !RootKeys.Contains(entry.Key)))
            problems.Add(entry.Origin.Problem(entry.Key, entry.Key, "is not a key of a file of objectives", Nearest.Advice(entry.Key, RootKeys, "keys")));
        var name = Scalar(root, "name", new NameKind(), problems);
        var purpose = Scalar(root, "purpose", new LineKind("a sentence", 300, "What users may expect"), problems);
        if (root.Find("objectives")?.Value is not MapNode { Entries.Count: > 0 } groups)
            problems.Add(root.Origin.Problem("objectives", null, "is missing, or has no group", "write groups beneath 'objectives:', each with objectives under an id, such as performance: { query: query.p95 < 3s }"));
        else
            foreach (var group in groups.Entries)
                ReadGroup(group, found, problems);
        foreach (var twice in found.GroupBy(objective => objective.Id).Where(same => same.Count() > 1))
            problems.Add(new Origin(file.FileName, twice.Last().Line).Problem($"objectives.{twice.Last().Group}.{twice.Key}", twice.Key, $"is an id a second time (first on line {twice.First().Line})", "give each objective an id of its own: plans name it"));
        if (found.Find(objective => found.Exists(other => other.Group == objective.Id)) is { } ambiguous)
            problems.Add(new Origin(file.FileName, ambiguous.Line).Problem($"objectives.{ambiguous.Group}.{ambiguous.Id}", ambiguous.Id, "is an id and the name of a group", "give one of the two another name: plans name either"));
        if (found.Count > MostObjectives)
            problems.Add(root.Origin.Problem("objectives", null, $"has {found.Count} objectives, and a file may have {MostObjectives}", "split it"));
        return new(name, purpose, found);
    }

    private static string Scalar(MapNode root, string key, ValueKind kind, List<PlanProblem> problems)
    {
        if (root.Find(key) is not { Value: ScalarNode { IsEmpty: false } scalar } entry)
            problems.Add((root.Find(key)?.Origin ?? root.Origin).Problem(key, null, "is missing", $"add, for example, '{key}: {kind.Example}'"));
        else if (!kind.TryRead(scalar.Text, out _, out var why))
            problems.Add(entry.Origin.Problem(key, scalar.Text, why, $"write, for example, {kind.Example}"));
        else
            return scalar.Text.Trim();
        return "";
    }

    private static void ReadGroup(MapEntry group, List<NamedObjective> found, List<PlanProblem> problems)
    {
        var path = $"objectives.{group.Key}";
        CheckName(path, group, problems);
        if (group.Value is not MapNode { Entries.Count: > 0 } objectives)
        {
            problems.Add(group.Origin.Problem(path, null, "must be a section of objectives, each under an id", $"write, for example, {group.Key}: {{ query: query.p95 < 3s }}"));
            return;
        }
        foreach (var entry in objectives.Entries)
        {
            CheckName($"{path}.{entry.Key}", entry, problems);
            var kind = ObjectiveKind.Line;
            if (entry.Value is not ScalarNode scalar)
                problems.Add(entry.Origin.Problem($"{path}.{entry.Key}", null, "must be one line of text", $"write, for example, {entry.Key}: {kind.Example}"));
            else if (!kind.TryRead(scalar.Text, out _, out var why))
                problems.Add(scalar.Origin.Problem($"{path}.{entry.Key}", scalar.Text, why, $"write, for example, {entry.Key}: {kind.Example}"));
            else
                found.Add(new NamedObjective(group.Key, entry.Key, scalar.Text.Trim(), scalar.Origin.Line));
        }
    }

    private static void CheckName(string path, MapEntry entry, List<PlanProblem> problems)
    {
        if (!Word().IsMatch(entry.Key))
            problems.Add(entry.Origin.Problem(path, entry.Key, "must be a name: a lower-case letter, then letters, digits, _ or -; at most 40", "write, for example, performance"));
    }

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,39}$", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
