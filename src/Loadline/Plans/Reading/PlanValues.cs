using System.Text.RegularExpressions;
using Loadline.Plans.Keys;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Reading;

/// <summary>Walks a plan's nodes along the key table: collects each key's value, and everything that breaks a rule.</summary>
internal sealed partial class PlanValues(List<PlanProblem> problems, ObjectiveTaker taker)
{
    private readonly Dictionary<string, object> _values = [];
    private readonly Dictionary<string, string> _settings = [];
    private readonly Dictionary<string, Origin> _origins = [];
    private readonly HashSet<string> _seen = [];
    private readonly List<string> _defaulted = [];
    private readonly List<(string Path, string Name, Origin Origin)> _operations = [];
    private readonly Dictionary<string, List<string>> _named = [];

    /// <summary>Keys that the file does not have.</summary>
    public IReadOnlyList<string> Defaulted => _defaulted;

    /// <summary>The sections that describe a load: <c>load</c>, or each of <c>scenarios</c>.</summary>
    public IReadOnlyList<string> Loads => Has("scenarios") ? Named("scenarios") : ["load"];

    /// <summary>The paths of the sections that have names of the plan's own beneath a key, such as <c>scenarios</c>, in the file's order.</summary>
    public IReadOnlyList<string> Named(string path) => _named.GetValueOrDefault(path, []);

    /// <summary>Every single value as written, defaults included, by path.</summary>
    public IReadOnlyDictionary<string, string> Settings => _settings;

    /// <summary>The weights of all mixes with their paths and origins.</summary>
    public IReadOnlyList<(string Path, string Name, Origin Origin)> Operations => _operations;

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
        foreach (var (path, key) in Expected().Where(expected => !_seen.Contains(expected.Path)).ToList())
        {
            var section = path[..Math.Max(0, path.LastIndexOf('.'))];
            if (PlanKeys.Find(section) is { Optional: true, Shape: KeyShape.Section } && !_seen.Contains(section))
                continue;
            if (key.Required)
                problems.Add(OriginOf(section, root.Origin).Problem(path, null, "is missing", key.Shape == KeyShape.Lines
                    ? $"add '{key.Name}:' with a line beneath it, such as '- {key.Kind!.Example}'"
                    : $"add, for example, '{key.Name}: {key.Kind!.Example}'"));
            else if (key.Default is not null)
            {
                _defaulted.Add(path);
                if (key.Shape == KeyShape.Weights)
                    ReadWeights(key, path, new MapNode(root.Origin, [.. Weights.Split(key.Default).Select(w => new MapEntry(w.Name, root.Origin, new ScalarNode(root.Origin, w.Value, true)))]));
                else
                    ReadValue(key, path, new ScalarNode(root.Origin, key.Default, true));
            }
        }
    }

    /// <summary>Forgets the default of a key that means nothing in this plan, so that no explanation mentions it; its value stays.</summary>
    public void Forget(string path)
    {
        if (_defaulted.Remove(path))
            _settings.Remove(path);
    }

    // Every value that a plan like this one has, in the table's order.
    private IEnumerable<(string Path, PlanKey Key)> Expected()
    {
        foreach (var key in PlanKeys.All.Where(key => key.Shape is not (KeyShape.Section or KeyShape.Named)))
        {
            if (key.Path.StartsWith("load.", StringComparison.Ordinal))
                foreach (var load in Loads)
                    yield return (load + key.Path["load".Length..], key);
            else if (key.Path.IndexOf($".{PlanKeys.AnyName}.", StringComparison.Ordinal) is > 0 and var name)
                foreach (var section in Named(key.Path[..name]))
                    yield return ($"{section}.{key.Name}", key);
            else
                yield return (key.Path, key);
        }
    }

    private void ReadSection(MapNode map, string section)
    {
        foreach (var entry in map.Entries)
        {
            var path = section.Length == 0 ? entry.Key : $"{section}.{entry.Key}";
            if (PlanKeys.Find(path) is not { } key)
            {
                problems.Add(entry.Origin.Problem(path, entry.Key, $"is not a key of {(section.Length == 0 ? "a plan" : $"'{section}'")}", Meant(entry.Key, section)));
                continue;
            }
            _seen.Add(path);
            _origins[path] = entry.Value.Origin;
            if (entry.Value is ScalarNode { IsEmpty: true })
                problems.Add(entry.Origin.Problem(path, null, "has no value", key.Kind is null ? "write its keys beneath it, or remove the line" : $"write, for example, {key.Kind.Example}"));
            else
                ReadKey(key, path, entry.Value);
        }
    }

    private void ReadKey(PlanKey key, string path, PlanNode node)
    {
        switch (key.Shape, node)
        {
            case (KeyShape.Value, ScalarNode scalar):
                ReadValue(key, path, scalar);
                break;
            case (KeyShape.Section, MapNode map):
                ReadSection(map, path);
                break;
            case (KeyShape.Weights, MapNode map):
                ReadWeights(key, path, map);
                break;
            case (KeyShape.Tags, MapNode map):
                ReadTags(key, path, map);
                break;
            case (KeyShape.Choices, MapNode):
                // Read before anything else, by VariantReader.
                break;
            case (KeyShape.Named, MapNode map):
                ReadNamed(path, map);
                break;
            case (KeyShape.Lines, ListNode list):
                ReadLines(key, path, list);
                break;
            default:
                WrongShape(key, path, node);
                break;
        }
    }

    private void ReadValue(PlanKey key, string path, ScalarNode scalar)
    {
        var text = scalar.Text.Trim();
        if (key.Kind!.TryRead(text, out var value, out var why))
        {
            _values[path] = value;
            _settings[path] = text;
        }
        else
            problems.Add(scalar.Origin.Problem(path, text, why, $"write, for example, {key.Kind.Example}"));
    }

    private void ReadWeights(PlanKey key, string path, MapNode map)
    {
        var weights = new Dictionary<string, double>();
        foreach (var entry in map.Entries)
        {
            var one = $"{path}.{entry.Key}";
            var text = (entry.Value as ScalarNode)?.Text ?? "a list or section";
            if (!OperationName().IsMatch(entry.Key))
                problems.Add(entry.Origin.Problem(one, entry.Key, "must be an operation's name: a lower-case letter, then letters, digits, _ or -; at most 40", "write, for example, query: 40"));
            else if (key.Kind!.TryRead(text, out var weight, out var why))
                weights[entry.Key] = (double)weight;
            else
                problems.Add(entry.Value.Origin.Problem(one, text, why, "write, for example, 40, or remove the operation"));
        }
        if (map.Entries.Count is 0 or > 50)
            problems.Add(map.Origin.Problem(path, null, $"must have 1 to 50 operations and has {map.Entries.Count}", "write, for example, query: 40"));
        _values[path] = weights;
        _settings[path] = Weights.Join(weights.Select(w => (w.Key, Numbers.Text(w.Value))));
        _operations.AddRange(map.Entries.Select(entry => (path, entry.Key, entry.Origin)));
    }

    private void ReadTags(PlanKey key, string path, MapNode map)
    {
        var tags = new Dictionary<string, string>();
        foreach (var entry in map.Entries)
        {
            var one = $"{path}.{entry.Key}";
            var text = (entry.Value as ScalarNode)?.Text ?? "";
            if (!OperationName().IsMatch(entry.Key))
                problems.Add(entry.Origin.Problem(one, entry.Key, "must be a tag's name: a lower-case letter, then letters, digits, _ or -; at most 40", "write, for example, kind: read"));
            else if (key.Kind!.TryRead(text, out var value, out var why))
                tags[entry.Key] = (string)value;
            else
                problems.Add(entry.Value.Origin.Problem(one, text, why, $"write, for example, {entry.Key}: {key.Kind.Example}"));
        }
        _values[path] = tags;
        _settings[path] = string.Join(", ", tags.Select(tag => $"{tag.Key} {tag.Value}"));
    }

    private void ReadNamed(string path, MapNode map)
    {
        var sections = _named[path] = [];
        if (map.Entries.Count is 0 or > 50)
            problems.Add(map.Origin.Problem(path, null, $"must have 1 to 50 names and has {map.Entries.Count}", "write a name with keys beneath it"));
        foreach (var entry in map.Entries)
        {
            var one = $"{path}.{entry.Key}";
            if (!OperationName().IsMatch(entry.Key))
            {
                problems.Add(entry.Origin.Problem(one, entry.Key, "must be a name: a lower-case letter, then letters, digits, _ or -; at most 40", "write, for example, readers"));
                continue;
            }
            sections.Add(one);
            _seen.Add(one);
            _origins[one] = entry.Origin;
            if (entry.Value is MapNode section)
                ReadSection(section, one);
            else if (entry.Value is not ScalarNode { IsEmpty: true })
                problems.Add(entry.Value.Origin.Problem(one, (entry.Value as ScalarNode)?.Text ?? "a list", $"must be a section with keys: {string.Join(", ", PlanKeys.Of(one).Select(key => key.Name))}", "write them beneath it, indented"));
        }
    }

    private void ReadLines(PlanKey key, string path, ListNode list)
    {
        var lines = new List<(object Value, string Text, Origin Origin)>();
        foreach (var item in list.Items)
        {
            if (item is MapNode taking && path == "objectives")
                lines.AddRange(taker.Take(taking, problems).Select(taken => ((object)taken.Text, taken.Text, taken.Origin)));
            else if (item is not ScalarNode scalar)
                problems.Add(item.Origin.Problem(path, null, "must be one line of text", $"write, for example, '- {key.Kind!.Example}'"));
            else if (!key.Kind!.TryRead(scalar.Text, out var value, out var why))
                problems.Add(scalar.Origin.Problem(path, scalar.Text, why, $"write, for example, '- {key.Kind.Example}'"));
            else
                lines.Add((value, scalar.Text.Trim(), scalar.Origin));
        }
        if (list.Items.Count == 0)
            problems.Add(list.Origin.Problem(path, null, path == "objectives" ? "has no line, and a plan that judges nothing can't pass" : "has no line", $"write, for example, '- {key.Kind!.Example}'"));
        if (path == "objectives")
        {
            Lines = [.. lines.Select(line => ((string)line.Value, line.Origin))];
            return;
        }
        _values[path] = lines.ConvertAll(line => line.Value);
        _settings[path] = string.Join(", ", lines.Select(line => line.Text));
    }

    private void WrongShape(PlanKey key, string path, PlanNode node)
    {
        var received = node switch { ScalarNode scalar => scalar.Text, ListNode => "a list", _ => "a section" };
        var (rule, remedy) = key.Shape switch
        {
            KeyShape.Value => ("must be one value: " + key.Kind!.Rule, $"write, for example, {key.Name}: {key.Kind.Example}"),
            KeyShape.Lines => ("must be a list of lines", $"write '- {key.Kind!.Example}' beneath '{key.Name}:'"),
            KeyShape.Weights => ("must name operations with their weights", $"write, for example, {key.Name}: {{ query: 40, upload: 25 }}"),
            KeyShape.Choices => ("must name words with their lists of values", $"write, for example, {key.Name}: {{ service: [embedding, generation] }}"),
            KeyShape.Tags => ("must name words with their values", $"write, for example, {key.Name}: {{ kind: read }}"),
            KeyShape.Named => ("must be sections, each under a name", $"write a name beneath '{key.Name}:', and its keys beneath that: {string.Join(", ", PlanKeys.Of($"{path}.{PlanKeys.AnyName}").Take(3).Select(k => k.Name))}…"),
            _ => ("must be a section with keys: " + string.Join(", ", PlanKeys.Of(path).Select(k => k.Name)), "write them beneath it, indented"),
        };
        problems.Add(node.Origin.Problem(path, received, rule, remedy));
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
