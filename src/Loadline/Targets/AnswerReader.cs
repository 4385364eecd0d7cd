using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>
/// Reads what answers and events mean: <c>part: $.path</c>, <c>part: { path, equals, not, when }</c>, for streams also <c>event</c>, <c>data</c> and
/// <c>cumulative</c>, or a list of those.
/// </summary>
internal static class AnswerReader
{
    private static readonly (string Key, AnswerPart Part)[] InAnswers =
    [
        ("error", AnswerPart.Error), ("throttled", AnswerPart.Throttled), ("required", AnswerPart.Required), ("citations", AnswerPart.Citation),
        ("tokens", AnswerPart.Tokens), ("degraded", AnswerPart.Degraded), ("id", AnswerPart.DocumentId), ("handle", AnswerPart.DocumentHandle),
    ];

    private static readonly (string Key, AnswerPart Part)[] InStreams =
    [
        ("delta", AnswerPart.Delta), ("end", AnswerPart.End), ("error", AnswerPart.Error), ("throttled", AnswerPart.Throttled),
        ("citations", AnswerPart.Citation), ("tokens", AnswerPart.Tokens), ("degraded", AnswerPart.Degraded),
    ];

    /// <summary>The words of the profile for the parts, for those who explain what matched.</summary>
    internal static string WordFor(AnswerPart part) => InAnswers.Concat(InStreams).FirstOrDefault(entry => entry.Part == part).Key ?? "state";

    internal static AnswerRules Answer(ProfileSection? section)
    {
        var rules = new List<AnswerRule>();
        if (section is not null)
        {
            foreach (var (key, part) in InAnswers)
                foreach (var rule in Rules(section, key, part, streamed: false))
                    if (rule.Path is not null)
                        rules.Add(new AnswerRule(part, rule.Path, rule.EqualTo, rule.NotEqualTo, null, rule.When));
            section.RejectUnknown();
        }
        return Checked(section, rules);
    }

    internal static StreamRules Stream(ProfileSection section, StreamFraming framing)
    {
        if (framing == StreamFraming.Text)
            return new StreamRules([], endsByClosing: true);
        // `end: closed` may stand in the list of ends, or alone.
        var closing = section.Nodes("end").Any(IsClosed);
        var rules = InStreams.SelectMany(part => Rules(section, part.Key, part.Part, streamed: true)).ToList();
        if (!section.Has("delta"))
            section.Problem(section.Line, "delta", null, "is required", "say where streamed text is: delta: $.choices[0].delta.content or { event: token, path: $.text }");
        if (!section.Has("end"))
            section.Problem(section.Line, "end", null, "is required, or a cut stream can't be told from a whole one", "write end: { data: \"[DONE]\" }, { event: done } or { path: $.done, equals: true }; end: closed where nothing marks the end");
        foreach (var rule in rules)
            if (rule is { Part: AnswerPart.Delta, Path: null })
                section.Problem(section.LineOf("delta"), "delta", null, "has no path to its text", "write delta: { event: token, path: $.text }");
        var stream = new StreamRules(rules, closing);
        foreach (var group in stream.Groups)
            Check(section, group.Values);
        return stream;
    }

    /// <summary>A rule for a value that is wanted as text: a path, or <c>{ path, equals, as }</c>.</summary>
    internal static IReadOnlyList<AnswerRule> Texts(ProfileSection section, string key)
    {
        var rules = new List<AnswerRule>();
        foreach (var node in section.Nodes(key))
        {
            if (node is YamlMappingNode mapping)
            {
                var inner = section.Child(mapping, key);
                var path = inner.Parsed("path", JsonPath.Parse, "write path: $.status", "write path: $.status");
                var equalTo = inner.Text("equals");
                var label = inner.Text("as");
                inner.RejectUnknown();
                if (path is not null)
                    rules.Add(new AnswerRule(AnswerPart.Text, path, equalTo, Label: label));
            }
            else if (node is YamlScalarNode { Value: { } text })
            {
                if (section.Try(key, text, (int)node.Start.Line, JsonPath.Parse, "write a path such as $.status") is { } path)
                    rules.Add(new AnswerRule(AnswerPart.Text, path));
            }
            else
                section.Problem((int)node.Start.Line, key, "a list", "must be a path, a mapping or a list of those", "write a path such as $.status");
        }
        return rules;
    }

    private static bool IsClosed(YamlNode node) => node is YamlScalarNode { Value: "closed" };

    private static AnswerRules Checked(ProfileSection? section, List<AnswerRule> rules)
    {
        var read = new AnswerRules(rules);
        if (section is not null)
            Check(section, read);
        return read;
    }

    private static void Check(ProfileSection section, AnswerRules rules)
    {
        if (rules.Conditions.Length > AnswerRules.MostConditions)
            section.Problem(section.Line, "when", null, $"has {rules.Conditions.Length} different conditions, and there may be {AnswerRules.MostConditions}", "write fewer");
        if (rules.Required > 0 && rules.Rules.Count > 64)
            section.Problem(section.Line, "required", null, $"stands among {rules.Rules.Count} paths, and there may be 64", "write fewer");
    }

    private static IEnumerable<EventRule> Rules(ProfileSection section, string key, AnswerPart part, bool streamed)
    {
        foreach (var node in section.Nodes(key))
        {
            if (streamed && part == AnswerPart.End && IsClosed(node))
                continue;
            if (node is YamlScalarNode { Value: { } text })
            {
                if (section.Try(key, text, (int)node.Start.Line, JsonPath.Parse, "write a path such as $.error") is { } path)
                    yield return new EventRule(part, null, null, path, null);
            }
            else if (node is YamlMappingNode mapping)
            {
                if (Rule(section, section.Child(mapping, key), key, part, streamed) is { } rule)
                    yield return rule;
            }
            else
                section.Problem((int)node.Start.Line, key, "a list", "must be a path, a mapping or a list of those", "write a path such as $.error");
        }
    }

    private static EventRule? Rule(ProfileSection section, ProfileSection inner, string key, AnswerPart part, bool streamed)
    {
        var inside = inner.Parsed("path", JsonPath.Parse, streamed ? null : "write path: $.error");
        var (name, data) = streamed ? (inner.Text("event"), inner.Text("data")) : (null, null);
        var (equalTo, notEqualTo) = (inner.Text("equals"), inner.Text("not"));
        var when = When(inner.Section("when"));
        var cumulative = part == AnswerPart.Delta && inner.Flag("cumulative");
        inner.RejectUnknown();
        if (equalTo is not null && notEqualTo is not null)
            inner.Problem(inner.LineOf("not"), "not", notEqualTo, "stands beside equals, and one of them says it all", "remove one of the two");
        if (inside is null && !inner.Has("path") && (equalTo is not null || notEqualTo is not null || when is not null))
            inner.Problem(inner.Line, "path", null, "is required where a value is compared", "write path: $.code");
        if (streamed && name is null && data is null && inside is null && !inner.Has("path"))
            section.Problem(inner.Line, key, null, "matches every event", "give it event, data or path");
        else
            return new EventRule(part, name, data, inside, equalTo, notEqualTo, when, cumulative);
        return null;
    }

    private static AnswerCondition? When(ProfileSection? section)
    {
        if (section is null)
            return null;
        var path = section.Parsed("path", JsonPath.Parse, "write when: { path: $.type, equals: delta }", "write path: $.type");
        var equalTo = section.Text("equals", "write when: { path: $.type, equals: delta }");
        section.RejectUnknown();
        return path is null || equalTo is null ? null : new AnswerCondition(path, equalTo);
    }
}
