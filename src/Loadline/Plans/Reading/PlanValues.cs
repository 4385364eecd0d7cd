using System.Text.RegularExpressions;
using Loadline.Plans.Keys;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Reading;

/// <summary>Walks a plan's nodes along the key table: collects each key's value, and everything that breaks a rule.</summary>
internal sealed partial class PlanValues(List<PlanProblem> problems)
{
    private readonly Dictionary<string, object> _values = [];
    private readonly Dictionary<string, string> _settings = [];
    private readonly Dictionary<string, Origin> _origins = [];
    private readonly HashSet<string> _seen = [];

    /// <summary>Keys that the file does not have.</summary>
    public IReadOnlyList<string> Defaulted => [.. PlanKeys.All.Where(key => key.Default is not null && !_seen.Contains(key.Path)).Select(key => key.Path)];

    /// <summary>Every single value as written, defaults included, by path.</summary>
    public IReadOnlyDictionary<string, string> Settings => _settings;

    /// <summary>The weights of the mix with their origins.</summary>
    public IReadOnlyList<(string Name, Origin Origin)> Operations { get; private set; } = [];

    /// <summary>The objectives with their origins.</summary>
    public IReadOnlyList<(string Text, Origin Origin)> Lines { get; private set; } = [];

    /// <summary>Whether the file has this key or section.</summary>
    public bool Has(string path) => _seen.Contains(path);

    /// <summary>Where a key came from; the root's origin for defaults.</summary>
    public Origin OriginOf(string path, Origin otherwise) => _origins.GetValueOrDefault(path, otherwise);

    /// <summary>A key's value.</summary>
    public T Get<T>(string path) => (T)_values[path];

    /// <summary>A whole number's value.</summary>
    public int Number(string path) => (int)Get<ulong>(path);

    /// <summary>Whether a key has a legal value.</summary>
    public bool IsRead(string path) => _values.ContainsKey(path);

    /// <summary>Reads everything beneath the root and fills in defaults.</summary>
    public void Read(MapNode root)
    {
        ReadSection(root, "");
        foreach (var key in PlanKeys.All.Where(key => key.Shape != KeyShape.Section && !_seen.Contains(key.Path)))
        {
            if (key.Default is null)
                problems.Add(root.Origin.Problem(key.Path, null, "is missing", key.Shape == KeyShape.Lines
                    ? $"add '{key.Name}:' with a line beneath it, such as '- {key.Kind!.Example}'"
                    : $"add, for example, '{key.Name}: {key.Kind!.Example}'"));
            else if (key.Shape == KeyShape.Weights)
                ReadWeights(key, new MapNode(root.Origin, [.. Weights.Split(key.Default).Select(w => new MapEntry(w.Name, root.Origin, new ScalarNode(root.Origin, w.Value, true)))]));
            else
                ReadValue(key, new ScalarNode(root.Origin, key.Default, true));
        }
    }

    private void ReadSection(MapNode map, string section)
    {
        foreach (var entry in map.Entries)
        {
            var path = section.Length == 0 ? entry.Key : $"{section}.{entry.Key}";
            if (!PlanKeys.ByPath.TryGetValue(path, out var key))
            {
                problems.Add(entry.Origin.Problem(path, entry.Key, $"is not a key of {(section.Length == 0 ? "a plan" : $"'{section}'")}", Meant(entry.Key, section)));
                continue;
            }
            _seen.Add(path);
            _origins[path] = entry.Value.Origin;
            if (entry.Value is ScalarNode { IsEmpty: true })
                problems.Add(entry.Origin.Problem(path, null, "has no value", key.Kind is null ? "write its keys beneath it, or remove the line" : $"write, for example, {key.Kind.Example}"));
            else
                ReadKey(key, entry.Value);
        }
    }

    private void ReadKey(PlanKey key, PlanNode node)
    {
        switch (key.Shape, node)
        {
            case (KeyShape.Value, ScalarNode scalar):
                ReadValue(key, scalar);
                break;
            case (KeyShape.Section, MapNode map):
                ReadSection(map, key.Path);
                break;
            case (KeyShape.Weights, MapNode map):
                ReadWeights(key, map);
                break;
            case (KeyShape.Lines, ListNode list):
                ReadLines(key, list);
                break;
            default:
                WrongShape(key, node);
                break;
        }
    }

    private void ReadValue(PlanKey key, ScalarNode scalar)
    {
        var text = scalar.Text.Trim();
        if (key.Kind!.TryRead(text, out var value, out var why))
        {
            _values[key.Path] = value;
            _settings[key.Path] = text;
        }
        else
            problems.Add(scalar.Origin.Problem(key.Path, text, why, $"write, for example, {key.Kind.Example}"));
    }

    private void ReadWeights(PlanKey key, MapNode map)
    {
        var weights = new Dictionary<string, double>();
        foreach (var entry in map.Entries)
        {
            var path = $"{key.Path}.{entry.Key}";
            var text = (entry.Value as ScalarNode)?.Text ?? "a list or section";
            if (!OperationName().IsMatch(entry.Key))
                problems.Add(entry.Origin.Problem(path, entry.Key, "must be an operation's name: a lower-case letter, then letters, digits, _ or -; at most 40", "write, for example, query: 40"));
            else if (key.Kind!.TryRead(text, out var weight, out var why))
                weights[entry.Key] = (double)weight;
            else
                problems.Add(entry.Value.Origin.Problem(path, text, why, "write, for example, 40, or remove the operation"));
        }
        if (map.Entries.Count is 0 or > 50)
            problems.Add(map.Origin.Problem(key.Path, null, $"must have 1 to 50 operations and has {map.Entries.Count}", "write, for example, query: 40"));
        _values[key.Path] = weights;
        _settings[key.Path] = Weights.Join(weights.Select(w => (w.Key, Numbers.Text(w.Value))));
        Operations = [.. map.Entries.Select(entry => (entry.Key, entry.Origin))];
    }

    private void ReadLines(PlanKey key, ListNode list)
    {
        var lines = new List<(string, Origin)>();
        foreach (var item in list.Items)
        {
            if (item is not ScalarNode scalar)
                problems.Add(item.Origin.Problem(key.Path, null, "must be one line of text", $"write, for example, '- {key.Kind!.Example}'"));
            else if (!key.Kind!.TryRead(scalar.Text, out var text, out var why))
                problems.Add(scalar.Origin.Problem(key.Path, scalar.Text, why, $"write, for example, '- {key.Kind.Example}'"));
            else
                lines.Add(((string)text, scalar.Origin));
        }
        if (list.Items.Count == 0)
            problems.Add(list.Origin.Problem(key.Path, null, "has no line, and a plan that judges nothing can't pass", $"write, for example, '- {key.Kind!.Example}'"));
        Lines = lines;
    }

    private void WrongShape(PlanKey key, PlanNode node)
    {
        var received = node switch { ScalarNode scalar => scalar.Text, ListNode => "a list", _ => "a section" };
        var (rule, remedy) = key.Shape switch
        {
            KeyShape.Value => ("must be one value: " + key.Kind!.Rule, $"write, for example, {key.Name}: {key.Kind.Example}"),
            KeyShape.Lines => ("must be a list of lines", $"write '- {key.Kind!.Example}' beneath '{key.Name}:'"),
            KeyShape.Weights => ("must name operations with their weights", $"write, for example, {key.Name}: {{ query: 40, upload: 25 }}"),
            _ => ("must be a section with keys: " + string.Join(", ", PlanKeys.Of(key.Path).Select(k => k.Name)), "write them beneath it, indented"),
        };
        problems.Add(node.Origin.Problem(key.Path, received, rule, remedy));
    }

    // A key in the wrong section is a commoner mistake than a misspelt one.
    private static string Meant(string word, string section)
    {
        var siblings = PlanKeys.Of(section).Select(key => key.Name).ToList();
        if (Nearest.To(word, siblings) is { } near)
            return $"did you mean '{near}'?";
        var elsewhere = PlanKeys.All.FirstOrDefault(key => key.Name == word);
        return elsewhere is null ? Nearest.Advice(word, siblings, "keys") : $"'{word}' belongs under '{(elsewhere.Section.Length == 0 ? "the root" : elsewhere.Section)}'";
    }

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,39}$", RegexOptions.NonBacktracking)]
    private static partial Regex OperationName();
}
