using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads <c>setup:</c>, the requests before the load. What a step captures is known to the steps after it, to its own undoing, and to the operations.</summary>
internal static class SetupReader
{
    // Whoever forgets `secret: true` must not find a token in a report.
    private static readonly string[] SecretWords = ["token", "secret", "password", "key", "session", "cookie"];

    internal static IReadOnlyList<SetupStep> Read(ProfileSection? setup)
    {
        var steps = new List<SetupStep>();
        foreach (var (name, section) in setup?.Sections() ?? [])
            if (section is not null && Step(name, section) is { } step)
                steps.Add(step);
        return steps;
    }

    private static SetupStep? Step(string name, ProfileSection section)
    {
        var request = OperationReader.Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var answer = AnswerReader.Answer(section.Section("answer"));
        var rules = answer.Rules.ToList();
        var headers = new List<HeaderCapture>();
        var captures = new Dictionary<string, bool>(StringComparer.Ordinal);
        if (section.Section("capture") is { } capture)
            foreach (var key in capture.Keys().ToList())
                Capture(capture, key, rules, headers, captures);
        var until = request is null ? null : OperationReader.Searchable(section.Section("until"), request);
        var undo = section.Section("undo") is { } back ? Undo(name, back) : null;
        section.RejectUnknown();
        if (request is null)
            return null;
        var operation = new OperationProfile
        {
            Name = name,
            Request = request,
            OkStatuses = ok,
            Answer = new AnswerRules(rules),
            Stream = null,
            Searchable = null,
            HeaderCaptures = headers,
        };
        return new SetupStep(operation, captures, until, undo);
    }

    /// <summary>Reads <c>session:</c>, the request that gives each user its session.</summary>
    internal static OperationProfile? Session(ProfileSection? section)
    {
        if (section is null)
            return null;
        var request = OperationReader.Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var answer = AnswerReader.Answer(section.Section("answer"));
        var id = section.Parsed("id", JsonPath.Parse, "write id: $.session_id", "write id: $.session_id");
        section.RejectUnknown();
        return request is null || id is null ? null : new OperationProfile
        {
            Name = "session",
            Request = request,
            OkStatuses = ok,
            Answer = new AnswerRules([.. answer.Rules, new AnswerRule(AnswerPart.Text, id)]),
            Stream = null,
            Searchable = null,
        };
    }

    private static void Capture(ProfileSection section, string name, List<AnswerRule> rules, List<HeaderCapture> headers, Dictionary<string, bool> captures)
    {
        var secret = SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
        JsonPath? path = null;
        if (section.Find(name) is YamlMappingNode && section.Section(name) is { } inner)
        {
            path = inner.Parsed("path", JsonPath.Parse, null, "write path: $.id");
            var (header, cookie) = (inner.Text("header"), inner.Text("cookie"));
            var marked = inner.Flag("secret");
            inner.RejectUnknown();
            if ((inner.Has("path") ? 1 : 0) + (header is null ? 0 : 1) + (cookie is null ? 0 : 1) != 1)
                inner.Problem(inner.Line, "path", null, "must come from exactly one place", "write a path, { header: X-Session } or { cookie: sid }");
            if (header is not null || cookie is not null)
                headers.Add(new HeaderCapture(name, header, cookie));
            secret |= marked || header is not null || cookie is not null;
        }
        else
            path = section.Parsed(name, JsonPath.Parse, "write a path such as $.id", "write a path such as $.id");
        if (path is not null)
            rules.Add(new AnswerRule(AnswerPart.Capture, path, Label: name));
        if (!VariableNames.IsName(name))
            section.Problem(section.LineOf(name), name, null, "is no variable's name", "write letters, digits and underscores, beginning with a letter, and none of the placeholders' names");
        else if (!section.Names.Add(name))
            section.Problem(section.LineOf(name), name, null, "is a variable already", "choose another name");
        captures[name] = secret;
    }

    private static OperationProfile? Undo(string name, ProfileSection section)
    {
        var request = OperationReader.Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var answer = AnswerReader.Answer(section.Section("answer"));
        section.RejectUnknown();
        return request is null ? null : new OperationProfile { Name = name + ".undo", Request = request, OkStatuses = ok, Answer = answer, Stream = null, Searchable = null };
    }
}
