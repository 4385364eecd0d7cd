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
        DocumentHandle = "h\"0",
        DocumentTitle = "t \\",
        DocumentText = "x\ty",
        DocumentTopic = "z",
        Users = "{}",
        Turns = "{\"role\":\"user\"}",
    };

    internal static OperationProfile? Read(string name, ProfileSection section)
    {
        var request = Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var answer = AnswerReader.Answer(section.Section("answer"));
        var stream = Stream(section.Section("stream"), request);
        var searchable = Searchable(section.Section("searchable"));
        var then = section.Section("then") is { } follow ? Step(name + ".then", follow) : null;
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
            Then = then,
        };
    }

    /// <summary>Reads a request and what its answer must be, and nothing else: a follow-up.</summary>
    private static OperationProfile? Step(string name, ProfileSection section)
    {
        var request = Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var answer = AnswerReader.Answer(section.Section("answer"));
        section.RejectUnknown();
        return request is null ? null : new OperationProfile { Name = name, Request = request, OkStatuses = ok, Answer = answer, Stream = null, Searchable = null };
    }

    /// <summary>Reads <c>request</c>, <c>headers</c>, <c>body</c> or <c>form</c>, and <c>content_type</c>; what is absent is the other request's.</summary>
    internal static RequestProfile? Request(ProfileSection section, RequestProfile? inherited)
    {
        var line = section.Text("request", inherited is null ? "write request: POST /query" : null);
        var headers = Headers(section, inherited);
        var (body, contentType) = Content(section, inherited);
        if (line is null)
            return inherited is null ? null : inherited with { Headers = headers, Body = body, ContentType = contentType };
        var parts = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length != 2 || !Methods.Contains(parts[0]) || parts[1][0] != '/')
        {
            section.Problem(section.LineOf("request"), "request", line, "is not a method and a path", $"write {string.Join(", ", Methods)} and a path from /, such as POST /query");
            return null;
        }
        var path = section.Try("request", parts[1], section.LineOf("request"), text => Template.Compile(text, TemplateForm.Path, section.Names), "correct it");
        if (body is not null && parts[0] == "GET")
            section.Problem(section.LineOf("body"), "body", null, "GET has no body", "leave the body out or write POST");
        return path is null ? null : new RequestProfile(HttpMethod.Parse(parts[0]), path, headers, body, contentType);
    }

    private static (Template? Body, string ContentType) Content(ProfileSection section, RequestProfile? inherited)
    {
        var given = section.Text("content_type");
        if (given is not null && !System.Net.Http.Headers.MediaTypeHeaderValue.TryParse(given, out _))
        {
            section.Problem(section.LineOf("content_type"), "content_type", given, "is no media type", "write content_type: application/json");
            given = null;
        }
        if (section.Section("form") is { } form)
        {
            if (section.Has("body"))
                section.Problem(section.LineOf("form"), "form", null, "stands beside a body, and a request has one of the two", "remove one of them");
            return FormReader.Read(form, given == FormReader.UrlEncoded) is { } read ? (read.Body, read.ContentType) : (null, "");
        }
        var contentType = given ?? inherited?.ContentType ?? "application/json";
        if (!section.Has("body"))
            return (inherited?.Body, contentType);
        if (given is null && inherited is not null && inherited.ContentType.StartsWith("multipart/", StringComparison.Ordinal))
            contentType = "application/json";
        var json = contentType.Contains("json", StringComparison.OrdinalIgnoreCase);
        return (section.Parsed("body", text => Body(text, json, section.Names), null, "write a JSON text such as '{\"query\": {{question}}}'"), contentType);
    }

    private static Template Body(string text, bool json, VariableNames names)
    {
        var template = Template.Compile(text, json ? TemplateForm.Json : TemplateForm.Text, names);
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

    /// <summary>Reads <c>headers</c>: names and templates.</summary>
    internal static IReadOnlyList<(string Name, Template Value)> Headers(ProfileSection section, RequestProfile? inherited)
    {
        if (section.Section("headers") is not { } headers)
            return inherited?.Headers ?? [];
        var list = new List<(string, Template)>();
        foreach (var key in headers.Keys().ToList())
        {
            if (!IsToken(key))
                headers.Problem(headers.LineOf(key), key, null, "is no header's name", "write letters, digits and hyphens, such as X-Tenant");
            else if (SetByTheWire.Contains(key, StringComparer.OrdinalIgnoreCase))
                headers.Problem(headers.LineOf(key), key, null, "is set by Loadline itself", "leave it out");
            else if (headers.Template(key, TemplateForm.Text) is { } value)
                list.Add((key, value));
        }
        return list;
    }

    // How a body is framed follows from the body; content types are content_type's.
    private static readonly string[] SetByTheWire = ["Content-Length", "Transfer-Encoding", "Connection"];

    // RFC 9110, section 5.6.2.
    private static bool IsToken(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    private static StreamProfile? Stream(ProfileSection? section, RequestProfile? inherited)
    {
        if (section is null)
            return null;
        var framing = section.Choice("framing", StreamFraming.Sse, new Dictionary<string, StreamFraming> { ["sse"] = StreamFraming.Sse, ["ndjson"] = StreamFraming.Ndjson, ["text"] = StreamFraming.Text });
        var request = Request(section, inherited ?? new RequestProfile(HttpMethod.Get, Template.Compile("/", TemplateForm.Path), [], null, ""));
        var rules = AnswerReader.Stream(section, framing);
        section.RejectUnknown();
        return request is null ? null : new StreamProfile(request, framing, rules);
    }

    /// <summary>Reads what to poll until it is done; the request is the given one, or the section's own.</summary>
    internal static SearchableRule? Searchable(ProfileSection? section, RequestProfile? polled = null)
    {
        if (section is null)
            return null;
        var request = polled ?? Request(section, null);
        var ok = section.Statuses("ok", Enumerable.Range(200, 100));
        var states = AnswerReader.Texts(section, "state");
        if (!section.Has("state"))
            section.Problem(section.Line, "state", null, "is required", "write state: $.status");
        var done = section.Texts("done");
        var failed = section.Texts("failed");
        var poll = Box(section, "poll", "100ms..2s", ProfileUnits.Range);
        var limit = Box(section, "limit", "5m", ProfileUnits.Duration);
        if (done.Count == 0)
            section.Problem(section.Line, "done", null, "is required", "write done: [searchable], the states that mean a document is found");
        section.RejectUnknown();
        if (request is null || states.Count == 0 || poll is null || limit is null)
            return null;
        var operation = new OperationProfile
        {
            Name = "searchable",
            Request = request,
            OkStatuses = ok,
            Answer = new AnswerRules(states),
            Stream = null,
            Searchable = null,
        };
        return new SearchableRule(operation, done, failed, poll.Item1.From, poll.Item1.To, limit.Item1);
    }

    private static Tuple<T>? Box<T>(ProfileSection section, string key, string whenAbsent, Func<string, T> parse) =>
        section.Try(key, section.Text(key) ?? whenAbsent, section.LineOf(key), text => Tuple.Create(parse(text)), $"write {key}: {whenAbsent}");
}
