using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads what answers and events mean: <c>part: $.path</c>, <c>part: { path, equals }</c>, for streams also <c>event</c> and <c>data</c>, or a list of those.</summary>
internal static class AnswerReader
{
    private static readonly (string Key, AnswerPart Part)[] InAnswers =
    [
        ("error", AnswerPart.Error), ("required", AnswerPart.Required), ("citations", AnswerPart.Citation),
        ("tokens", AnswerPart.Tokens), ("degraded", AnswerPart.Degraded), ("id", AnswerPart.DocumentId),
    ];

    private static readonly (string Key, AnswerPart Part)[] InStreams =
    [
        ("delta", AnswerPart.Delta), ("end", AnswerPart.End), ("error", AnswerPart.Error),
        ("citations", AnswerPart.Citation), ("tokens", AnswerPart.Tokens), ("degraded", AnswerPart.Degraded),
    ];

    internal static AnswerRules Answer(ProfileSection? section)
    {
        var rules = new List<AnswerRule>();
        if (section is not null)
        {
            foreach (var (key, part) in InAnswers)
                foreach (var rule in Rules(section, key, part, streamed: false))
                    if (rule.Path is not null)
                        rules.Add(new AnswerRule(part, rule.Path, rule.EqualTo));
            section.RejectUnknown();
        }
        return new AnswerRules(rules);
    }

    internal static StreamRules Stream(ProfileSection section)
    {
        var rules = InStreams.SelectMany(part => Rules(section, part.Key, part.Part, streamed: true)).ToList();
        if (!section.Has("delta"))
            section.Problem(section.Line, "delta", null, "is required", "say where streamed text is: delta: $.choices[0].delta.content or { event: token, path: $.text }");
        if (!section.Has("end"))
            section.Problem(section.Line, "end", null, "is required, or a cut stream can't be told from a whole one", "write end: { data: \"[DONE]\" }, { event: done } or { path: $.done, equals: true }");
        foreach (var rule in rules)
            if (rule is { Part: AnswerPart.Delta, Path: null })
                section.Problem(section.LineOf("delta"), "delta", null, "has no path to its text", "write delta: { event: token, path: $.text }");
        return new StreamRules(rules);
    }

    private static IEnumerable<EventRule> Rules(ProfileSection section, string key, AnswerPart part, bool streamed)
    {
        foreach (var node in section.Nodes(key))
        {
            if (node is YamlScalarNode { Value: { } text })
            {
                if (section.Try(key, text, (int)node.Start.Line, JsonPath.Parse, "write a path such as $.error") is { } path)
                    yield return new EventRule(part, null, null, path, null);
            }
            else if (node is YamlMappingNode mapping)
            {
                var inner = section.Child(mapping, key);
                var inside = inner.Parsed("path", JsonPath.Parse, streamed ? null : "write path: $.error");
                var (name, data) = streamed ? (inner.Text("event"), inner.Text("data")) : (null, null);
                var equalTo = inner.Text("equals");
                inner.RejectUnknown();
                if (streamed && name is null && data is null && inside is null && !inner.Has("path"))
                    section.Problem(inner.Line, key, null, "matches every event", "give it event, data or path");
                else
                    yield return new EventRule(part, name, data, inside, equalTo);
            }
            else
                section.Problem((int)node.Start.Line, key, "a list", "must be a path, a mapping or a list of those", "write a path such as $.error");
        }
    }
}
