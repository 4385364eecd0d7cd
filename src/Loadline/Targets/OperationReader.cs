using System.Text.Json;

namespace Loadline.Targets;

/// <summary>Reads one operation.</summary>
internal static class OperationReader
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    // A filled template must be JSON whatever is asked: checked with values that need escaping.
    private static readonly TemplateValues Sample = new()
    {
        Question = "a \"b\"\n",
        User = "u0",
        Key = "k",
        DocumentId = "d0",
        DocumentTitle = "t \\",
        DocumentText = "x\ty",
        DocumentTopic = "z",
        Users = "{}",
    };

    internal static OperationProfile? Read(string name, ProfileSection section)
    {
        var request = Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var answer = AnswerReader.Answer(section.Section("answer"));
        var stream = Stream(section.Section("stream"), request);
        var searchable = Searchable(section.Section("searchable"));
        section.RejectUnknown();
        if (request?.Uses(Placeholder.Stream) == true && stream is null && !section.Has("stream"))
            section.Problem(section.LineOf("body"), "body", null, "asks for {{stream}} but the operation has no stream:", "describe stream: or write false");
        return request is null ? null : new OperationProfile
        {
            Name = name,
            Request = request,
            OkStatuses = ok,
            Answer = answer,
            Stream = stream,
            Searchable = searchable,
        };
    }

    /// <summary>Reads <c>request</c>, <c>headers</c>, <c>body</c> and <c>content_type</c>; what is absent is the other request's.</summary>
    internal static RequestProfile? Request(ProfileSection section, RequestProfile? inherited)
    {
        var line = section.Text("request", inherited is null ? "write request: POST /query" : null);
        var contentType = section.Text("content_type") ?? inherited?.ContentType ?? "application/json";
        var json = contentType.Contains("json", StringComparison.OrdinalIgnoreCase);
        var headers = Headers(section, inherited);
        var body = section.Has("body")
            ? section.Parsed("body", text => Body(text, json), null, "write a JSON text such as '{\"query\": {{question}}}'")
            : inherited?.Body;
        if (line is null)
            return inherited is null ? null : inherited with { Headers = headers, Body = body, ContentType = contentType };
        var parts = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length != 2 || !Methods.Contains(parts[0]) || parts[1][0] != '/')
        {
            section.Problem(section.LineOf("request"), "request", line, "is not a method and a path", $"write {string.Join(", ", Methods)} and a path from /, such as POST /query");
            return null;
        }
        var path = section.Try("request", parts[1], section.LineOf("request"), text => Template.Compile(text, TemplateForm.Path), "correct it");
        if (body is not null && parts[0] == "GET")
            section.Problem(section.LineOf("body"), "body", null, "GET has no body", "leave the body out or write POST");
        return path is null ? null : new RequestProfile(HttpMethod.Parse(parts[0]), path, headers, body, contentType);
    }

    private static Template Body(string text, bool json)
    {
        var template = Template.Compile(text, json ? TemplateForm.Json : TemplateForm.Text);
        if (!json)
            return template;
        try
        {
            using var filled = JsonDocument.Parse(template.Fill(Sample));
        }
        catch (JsonException e)
        {
            throw new FormatException($"is not JSON once its placeholders are filled ({e.Message.Split(". ")[0]})");
        }
        return template;
    }

    private static IReadOnlyList<(string, Template)> Headers(ProfileSection section, RequestProfile? inherited)
    {
        if (section.Section("headers") is not { } headers)
            return inherited?.Headers ?? [];
        var list = new List<(string, Template)>();
        foreach (var key in headers.Keys().ToList())
            if (headers.Parsed(key, text => Template.Compile(text, TemplateForm.Text)) is { } value)
                list.Add((key, value));
        return list;
    }

    private static StreamProfile? Stream(ProfileSection? section, RequestProfile? inherited)
    {
        if (section is null)
            return null;
        var framing = section.Choice("framing", StreamFraming.Sse, new Dictionary<string, StreamFraming> { ["sse"] = StreamFraming.Sse, ["ndjson"] = StreamFraming.Ndjson });
        var request = Request(section, inherited ?? new RequestProfile(HttpMethod.Get, Template.Compile("/", TemplateForm.Path), [], null, ""));
        var rules = AnswerReader.Stream(section);
        section.RejectUnknown();
        return request is null ? null : new StreamProfile(request, framing, rules);
    }

    private static SearchableRule? Searchable(ProfileSection? section)
    {
        if (section is null)
            return null;
        var request = Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var state = section.Parsed("state", JsonPath.Parse, "write state: $.status", "write state: $.status");
        var done = section.Texts("done");
        var failed = section.Texts("failed");
        var poll = Box(section, "poll", "100ms..2s", ProfileUnits.Range);
        var limit = Box(section, "limit", "5m", ProfileUnits.Duration);
        if (done.Count == 0)
            section.Problem(section.Line, "done", null, "is required", "write done: [searchable], the states that mean a document is found");
        section.RejectUnknown();
        if (request is null || state is null || poll is null || limit is null)
            return null;
        var operation = new OperationProfile
        {
            Name = "searchable",
            Request = request,
            OkStatuses = ok,
            Answer = new AnswerRules([new AnswerRule(AnswerPart.Text, state)]),
            Stream = null,
            Searchable = null,
        };
        return new SearchableRule(operation, state, done, failed, poll.Item1.From, poll.Item1.To, limit.Item1);
    }

    private static Tuple<T>? Box<T>(ProfileSection section, string key, string whenAbsent, Func<string, T> parse) =>
        section.Try(key, section.Text(key) ?? whenAbsent, section.LineOf(key), text => Tuple.Create(parse(text)), $"write {key}: {whenAbsent}");
}
