using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>A mapping of a profile while it is read: typed look-ups that note what is wrong with its line instead of throwing, so that all mistakes come at once.</summary>
/// <param name="node">The mapping.</param>
/// <param name="path">Where it is in the file; empty for the root.</param>
/// <param name="problems">Takes what is wrong.</param>
/// <param name="names">The variables that templates may ask for, one list for the whole profile.</param>
internal sealed class ProfileSection(YamlMappingNode node, string path, List<ProfileProblem> problems, VariableNames names)
{
    private readonly HashSet<string> _known = [];

    internal int Line => (int)node.Start.Line;

    internal string Path { get; } = path;

    internal VariableNames Names { get; } = names;

    internal string At(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    internal bool Has(string key) => Find(key) is not null;

    internal void Problem(int line, string key, string? value, string rule, string remedy) =>
        problems.Add(new ProfileProblem(line, At(key), value, rule, remedy));

    /// <summary>The node of a key; null when absent. Asking makes the key a legal one.</summary>
    internal YamlNode? Find(string key)
    {
        _known.Add(key);
        return node.Children.TryGetValue(new YamlScalarNode(key), out var child) && child is not YamlScalarNode { Value: null or "" } ? child : null;
    }

    /// <summary>A text; null (and a problem when a remedy for its absence is given) when there is none.</summary>
    internal string? Text(string key, string? remedyIfMissing = null)
    {
        switch (Find(key))
        {
            case YamlScalarNode scalar:
                return scalar.Value;
            case null:
                if (remedyIfMissing is not null)
                    Problem(Line, key, null, "is required", remedyIfMissing);
                return null;
            case var other:
                Problem((int)other.Start.Line, key, Kind(other), "must be a single text", remedyIfMissing ?? "write one value");
                return null;
        }
    }

    /// <summary>A text turned into a value; what the parser says is wrong is noted with the line.</summary>
    internal T? Parsed<T>(string key, Func<string, T> parse, string? remedyIfMissing = null, string remedyIfWrong = "correct it")
        where T : class
    {
        if (Text(key, remedyIfMissing) is not { } text)
            return null;
        return Try(key, text, LineOf(key), parse, remedyIfWrong);
    }

    internal T? Try<T>(string key, string text, int line, Func<string, T> parse, string remedy)
        where T : class
    {
        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            Problem(line, key, Short(text), e.Message, remedy);
            return null;
        }
    }

    /// <summary>A template; what is wrong with it is noted with the line.</summary>
    internal Template? Template(string key, TemplateForm form, string? remedyIfMissing = null, string remedyIfWrong = "correct it") =>
        Parsed(key, text => Targets.Template.Compile(text, form, Names), remedyIfMissing, remedyIfWrong);

    /// <summary>Whether a value stands without quotes.</summary>
    internal bool IsPlain(string key) => Find(key) is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain };

    /// <summary>true or false; false when absent.</summary>
    internal bool Flag(string key) => Choice(key, false, new Dictionary<string, bool> { ["true"] = true, ["false"] = false });

    /// <summary>A choice among words.</summary>
    internal T Choice<T>(string key, T whenAbsent, IReadOnlyDictionary<string, T> words)
    {
        if (Text(key) is not { } text)
            return whenAbsent;
        if (words.TryGetValue(text, out var value))
            return value;
        Problem(LineOf(key), key, text, "is not one of the legal words", $"write {string.Join(" or ", words.Keys)}");
        return whenAbsent;
    }

    /// <summary>A nested mapping; null when absent.</summary>
    internal ProfileSection? Section(string key, string? remedyIfMissing = null)
    {
        switch (Find(key))
        {
            case YamlMappingNode mapping:
                return new ProfileSection(mapping, At(key), problems, Names);
            case null:
                if (remedyIfMissing is not null)
                    Problem(Line, key, null, "is required", remedyIfMissing);
                return null;
            case var other:
                Problem((int)other.Start.Line, key, Kind(other), "must be a mapping of names to values", remedyIfMissing ?? "indent its entries below it");
                return null;
        }
    }

    /// <summary>Entries of this mapping, in the file's order; all keys become legal.</summary>
    internal IEnumerable<(string Key, ProfileSection? Section)> Sections()
    {
        foreach (var key in Keys())
            yield return (key, Section(key));
    }

    internal IEnumerable<string> Keys()
    {
        foreach (var key in node.Children.Keys)
            if (key is YamlScalarNode { Value: { } name })
                yield return name;
    }

    /// <summary>One node or the nodes of a list.</summary>
    internal IEnumerable<YamlNode> Nodes(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode sequence => sequence.Children,
        var single => [single],
    };

    /// <summary>One text or a list of texts.</summary>
    internal IReadOnlyList<string> Texts(string key)
    {
        var texts = new List<string>();
        foreach (var item in Nodes(key))
        {
            if (item is YamlScalarNode { Value: { } text })
                texts.Add(text);
            else
                Problem((int)item.Start.Line, key, Kind(item), "must be a text or a list of texts", "write [one, two]");
        }
        return texts;
    }

    /// <summary>A list of HTTP statuses.</summary>
    internal IReadOnlySet<int> Statuses(string key, IEnumerable<int> whenAbsent)
    {
        var texts = Texts(key);
        if (texts.Count == 0)
            return whenAbsent.ToHashSet();
        var statuses = new HashSet<int>();
        foreach (var text in texts)
        {
            if (int.TryParse(text, out var status) && status is >= 100 and <= 599)
                statuses.Add(status);
            else
                Problem(LineOf(key), key, text, "is not an HTTP status, 100–599", "write numbers such as [200, 202]");
        }
        return statuses;
    }

    internal int LineOf(string key) => (int)(Find(key)?.Start.Line ?? node.Start.Line);

    internal ProfileSection Child(YamlMappingNode child, string key) => new(child, At(key), problems, Names);

    /// <summary>Notes every key that nothing asked for.</summary>
    internal void RejectUnknown()
    {
        foreach (var key in node.Children.Keys)
            if (key is not YamlScalarNode { Value: { } name } || !_known.Contains(name))
                Problem((int)key.Start.Line, key.ToString(), null, "is not known here", $"legal are {string.Join(", ", _known)}");
    }

    private static string Kind(YamlNode node) => node is YamlMappingNode ? "a mapping" : "a list";

    private static string Short(string text) => text.Length <= 80 ? text : text[..77] + "…";
}
