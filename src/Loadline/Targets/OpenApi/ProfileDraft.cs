using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loadline.Targets.OpenApi;

/// <summary>
/// A target profile drafted from an OpenAPI description: whole, so that <c>loadline try</c> can show at once what fits, with a comment wherever something was
/// guessed or could not be told.
/// </summary>
public sealed class ProfileDraft
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly OpenApiDocument _document;
    private readonly StringBuilder _operations = new();
    private readonly SortedSet<string> _variables = new(StringComparer.Ordinal);
    private readonly List<string> _found = [];
    private readonly List<string> _open = [];

    private ProfileDraft(OpenApiDocument document) => _document = document;

    /// <summary>The profile's text.</summary>
    public string Yaml { get; private set; } = "";

    /// <summary>What was found, a line each.</summary>
    public IReadOnlyList<string> Found => _found;

    /// <summary>What a person must look at, a line each.</summary>
    public IReadOnlyList<string> Open => _open;

    /// <summary>Drafts a profile.</summary>
    /// <param name="document">The description.</param>
    /// <param name="file">Its name, for the head and for messages.</param>
    /// <param name="url">Where the service is; null takes the description's own server.</param>
    /// <param name="from">Where the description was fetched from; null for a file. A description that names no host is the one that gave it.</param>
    /// <exception cref="TargetProfileException">No operation does anything that a load test needs.</exception>
    public static ProfileDraft Of(OpenApiDocument document, string file, Uri? url = null, Uri? from = null)
    {
        var draft = new ProfileDraft(document);
        draft.Write(file, url, from);
        return draft;
    }

    private void Write(string file, Uri? url, Uri? from)
    {
        var root = _document.Root;
        var (query, otherQuery) = OpenApiRoles.Choose(_document, OpenApiRole.Query);
        var (search, _) = OpenApiRoles.Choose(_document, OpenApiRole.Search);
        var (upload, otherUpload) = OpenApiRoles.Choose(_document, OpenApiRole.Upload);
        var (state, _) = OpenApiRoles.Choose(_document, OpenApiRole.DocumentStatus);
        var (health, _) = OpenApiRoles.Choose(_document, OpenApiRole.Health);
        if (search is not null && ReferenceEquals(search, query))
            search = _document.Operations.Where(operation => !ReferenceEquals(operation, query)).Any() ? SecondBest(OpenApiRole.Search, query!) : null;
        if (query is null && search is null && upload is null && health is null)
            throw new TargetProfileException(file, [new ProfileProblem(1, "paths", null, $"has {_document.Operations.Count} operations, and none looks like a question, a search, an upload or a health check", "copy the nearest shipped profile (loadline init --profile fastapi) and write the paths by hand")]);
        if (query is not null)
            Query(query, otherQuery is not null && OpenApiRoles.IsRather(_document, otherQuery, OpenApiRole.Search, OpenApiRole.Query) ? null : otherQuery);
        else
            _open.Add("no operation looks like one that answers questions: write operations.query by hand");
        if (upload is not null)
            Upload(upload, otherUpload, state);
        else
            _open.Add("no operation looks like one that takes documents in: the plan asks about what is there already (data.documents: 0)");
        if (search is not null)
            Search(search);
        else
            _open.Add("no operation looks like a search without an answer: the plan does without");
        if (health is not null)
        {
            var (path, _) = Path(health, OpenApiRole.Health, [], "");
            Operation("status", health, path);
            _found.Add($"status: {health.Method} {health.Path}");
        }
        var head = new StringBuilder();
        head.Append("# Drafted from ").Append(Comment(System.IO.Path.GetFileName(file))).Append(" by loadline init. Look at every '# guessed' and '# not known', then: loadline try THIS-FILE\n");
        head.Append("name: ").Append(NameOf(root)).Append('\n');
        head.Append("about: ").Append(Quoted(Comment(OpenApiDocument.Text((root["info"] as JsonObject)?["title"]) ?? "My RAG service"))).Append("\n\n");
        Url(head, url, from);
        head.Append("protocol: http1\n");
        Security(head);
        if (_variables.Count > 0)
        {
            head.Append("\nvariables:                                 # not known: what the paths' parameters should be\n");
            foreach (var variable in _variables)
                head.Append("  ").Append(variable).Append(": default\n");
            _open.Add($"variables: what {string.Join(", ", _variables)} should be");
        }
        Yaml = head.Append("\noperations:\n").Append(_operations.ToString().TrimEnd()).Append('\n').ToString();
    }

    private OpenApiOperation? SecondBest(OpenApiRole role, OpenApiOperation taken) => OpenApiRoles.Choose(_document, role) is var (best, second) && ReferenceEquals(best, taken) ? second : best;

    private void Query(OpenApiOperation query, OpenApiOperation? other)
    {
        var root = _document.Root;
        var notes = new List<string>();
        var (path, draft) = Path(query, OpenApiRole.Query, notes, "");
        var body = query.BodyType is "application/json" ? draft.Json(query.Body, "false") : null;
        Operation("query", query, path, other is null ? null : $"guessed; {other.Method} {other.Path} looks like one too");
        Body(query, draft, body);
        var text = AnswerDraft.Text(root, query.Answer);
        var sources = AnswerDraft.Sources(root, query.Answer);
        _operations.Append("    answer:\n");
        Line("      error", AnswerDraft.Error(root, query.Answer));
        Line("      required", text ?? "$.answer", text is null ? "not known: the description doesn't say what an answer looks like" : "guessed");
        if (text is null)
            _open.Add("operations.query.answer.required: where the answer's text is");
        if (sources is { Ids: { } ids })
            Line("      citations", ids, "guessed: must be the ids that uploads give");
        else
        {
            _operations.Append("      # citations: \"$.sources[*].id\"          # not known: where the cited documents' ids are\n");
            _open.Add("operations.query.answer.citations: where the cited documents' ids are; without it answers are not checked");
        }
        Line("      tokens", AnswerDraft.Tokens(root, query.Answer));
        Line("      degraded", AnswerDraft.Degraded(root, query.Answer));
        Stream(query, draft, sources?.Ids, AnswerDraft.Tokens(root, query.Answer));
        Notes("query", notes);
        _found.Add($"query: {query.Method} {query.Path}");
    }

    // An OpenAPI description can't say what is in a stream: what is written is commented out, and `loadline try` shows what comes.
    // Its parts are likely to be named as in the whole answer.
    private void Stream(OpenApiOperation query, BodyDraft draft, string? citations, string? tokens)
    {
        var streamed = query.BodyType is "application/json" ? draft.Json(query.Body, "true") : null;
        var other = _document.Operations.FirstOrDefault(operation => operation.Method == query.Method && operation.Path != query.Path && operation.Path.StartsWith(query.Path, StringComparison.Ordinal) && operation.Path.Contains("stream", StringComparison.OrdinalIgnoreCase));
        var flag = streamed is not null && streamed != draft.Json(query.Body, "false");
        if (!flag && other is null && query.Streams is null)
            return;
        var lines = other is not null && !flag;
        _operations.Append("    # It seems to stream; a description can't say how. Take the marks away, correct it, and loadline try shows what comes.\n    # stream:\n");
        _operations.Append("    #   framing: ").Append(query.Streams?.Contains("event-stream", StringComparison.OrdinalIgnoreCase) == false ? "ndjson" : "sse").Append("                         # or ndjson, or text\n");
        if (lines)
            _operations.Append("    #   request: ").Append(Quoted($"{other!.Method} {Path(other, OpenApiRole.Query, [], "").Path}")).Append('\n');
        if (flag)
            _operations.Append("    #   body: >-\n    #     ").Append(streamed).Append('\n');
        _operations.Append("    #   delta: $.delta                         # or { event: token, path: $.text }\n    #   end: { data: \"[DONE]\" }                # or { event: done }, { path: $.done, equals: \"true\" }, closed\n");
        _operations.Append("    #   citations: ").Append(citations is null ? "$.sources[*].id    " : Quoted(citations)).Append("         # or { event: sources, path: \"$[*].id\" }; without it streamed answers are not checked\n");
        _operations.Append("    #   tokens: ").Append(tokens is null ? "$.usage.completion_tokens" : Quoted(tokens)).Append("      # without it events are counted\n");
        _open.Add($"operations.query.stream: {(lines ? $"{other!.Method} {other.Path}" : "the query")} seems to stream; how, the description can't say");
    }

    private void Upload(OpenApiOperation upload, OpenApiOperation? other, OpenApiOperation? state)
    {
        var root = _document.Root;
        var notes = new List<string>();
        var (path, draft) = Path(upload, OpenApiRole.Upload, notes, "");
        Operation("upload", upload, path, other is null ? null : $"guessed; {other.Method} {other.Path} looks like one too");
        var body = upload.BodyType is "application/json" ? draft.Json(upload.Body, "false") : null;
        Body(upload, draft, body);
        var (id, handle) = AnswerDraft.Document(root, upload.Answer);
        if (id is not null || handle is not null)
        {
            _operations.Append("    answer:\n");
            Line("      id", id, "guessed");
            Line("      handle", handle, "guessed: what the state is asked for with");
        }
        else
            _open.Add("operations.upload.answer.id: where the id is that the service gives a document; needed unless it takes the one that is sent");
        if (state is not null)
            Searchable(state, handle is not null && id is not null);
        else
        {
            _operations.Append("    # searchable: { request: \"GET /documents/{{document.id}}\", state: $.status, done: [ready] }   # not known: how to see that a document is found\n");
            _open.Add("operations.upload.searchable: how to see that a document is found; without it the load begins as soon as documents are accepted");
        }
        Notes("upload", notes);
        _found.Add($"upload: {upload.Method} {upload.Path}");
    }

    private void Searchable(OpenApiOperation state, bool byHandle)
    {
        var found = AnswerDraft.State(_document.Root, state.Answer);
        var (path, _) = Path(state, OpenApiRole.DocumentStatus, [], byHandle ? "{{document.handle}}" : "{{document.id}}");
        var words = new HashSet<string>(["done", "completed", "complete", "ready", "indexed", "searchable", "success", "succeeded", "finished", "processed", "available"], StringComparer.OrdinalIgnoreCase);
        var bad = new HashSet<string>(["failed", "failure", "error", "cancelled", "canceled"], StringComparer.OrdinalIgnoreCase);
        var done = (found?.States ?? []).Where(words.Contains).ToList();
        var failed = (found?.States ?? []).Where(bad.Contains).ToList();
        _operations.Append("    searchable:\n      request: ").Append(Quoted($"GET {path}")).Append('\n');
        Line("      state", found?.Path ?? "$.status", found is null ? "not known" : "guessed");
        _operations.Append("      done: ").Append(List(done.Count > 0 ? done : ["searchable", "completed", "ready", "indexed", "success"])).Append(done.Count > 0 ? "\n" : "   # guessed: the states are not named\n");
        _operations.Append("      failed: ").Append(List(failed.Count > 0 ? failed : ["failed", "error"])).Append('\n');
        if (done.Count == 0)
            _open.Add("operations.upload.searchable.done: which states mean that a document is found");
        _found.Add($"searchable: {state.Method} {state.Path}");
    }

    private void Search(OpenApiOperation search)
    {
        var notes = new List<string>();
        var (path, draft) = Path(search, OpenApiRole.Search, notes, "");
        Operation("search", search, path);
        Body(search, draft, search.BodyType is "application/json" ? draft.Json(search.Body, "false") : null);
        if (AnswerDraft.Sources(_document.Root, search.Answer) is { } sources)
        {
            _operations.Append("    answer:\n");
            if (sources.List != "$")
                Line("      required", sources.List, "guessed");
            Line("      citations", sources.Ids, "guessed: must be the ids that uploads give");
        }
        Notes("search", notes);
        _found.Add($"search: {search.Method} {search.Path}");
    }

    private (string Path, BodyDraft Draft) Path(OpenApiOperation operation, OpenApiRole role, List<string> notes, string id)
    {
        var draft = new BodyDraft(_document.Root, role, notes);
        var (path, variables) = draft.Path(operation, id);
        _variables.UnionWith(variables);
        return (path, draft);
    }

    private void Operation(string name, OpenApiOperation operation, string path, string? comment = null) =>
        _operations.Append(_operations.Length == 0 ? "" : "\n").Append("  ").Append(name).Append(":\n    request: ").Append(Quoted($"{operation.Method} {path}")).Append(comment is null ? "" : "   # " + Comment(comment)).Append('\n');

    private void Body(OpenApiOperation operation, BodyDraft draft, string? json)
    {
        if (operation.Method == "GET" || operation.Body is null)
            return;
        if (json is not null)
        {
            _operations.Append("    body: >-\n      ").Append(json).Append('\n');
            return;
        }
        var fields = draft.Form(operation.Body);
        if (fields.Count == 0)
            return;
        if (operation.BodyType == FormReader.UrlEncoded)
            _operations.Append("    content_type: ").Append(FormReader.UrlEncoded).Append('\n');
        _operations.Append("    form:\n");
        foreach (var (name, value, isFile) in fields)
            _operations.Append("      ").Append(Quoted(name)).Append(": ").Append(isFile && operation.BodyType != FormReader.UrlEncoded ? "{ name: \"{{document.id}}.txt\", content: \"{{document.text}}\" }" : Quoted(isFile ? "{{document.text}}" : value)).Append('\n');
    }

    private void Notes(string operation, List<string> notes)
    {
        foreach (var note in notes.Distinct(StringComparer.Ordinal))
        {
            _operations.Append("    # guessed: ").Append(Comment(note)).Append('\n');
            _open.Add($"operations.{operation}: {Comment(note)}");
        }
    }

    private void Url(StringBuilder head, Uri? url, Uri? from)
    {
        var server = OpenApiDocument.Text(((_document.Root["servers"] as JsonArray)?.FirstOrDefault() as JsonObject)?["url"]);
        if (url is null && Uri.TryCreate(server, UriKind.Absolute, out var own) && own.Scheme is "http" or "https" && own.UserInfo.Length == 0 && own.Host.Length > 0 && !server!.Contains('{', StringComparison.Ordinal))
        {
            url = own;
            if (from is not null && own.Authority != from.Authority)
                _open.Add($"url: the description names {own.GetLeftPart(UriPartial.Authority)}, and it came from {from.GetLeftPart(UriPartial.Authority)}: which of them is to be loaded?");
        }
        else if (url is null && from is not null)
            url = new Uri(from, server is ['/', not '/', ..] && !server.Contains('{', StringComparison.Ordinal) ? server : "/");
        else if (url is null)
            _open.Add("url: where the service is");
        head.Append("url: ").Append(Quoted((url ?? new Uri("http://127.0.0.1:8000")).AbsoluteUri.TrimEnd('/'))).Append(url is null ? "               # not known: the description names no server\n" : "\n");
    }

    private void Security(StringBuilder head)
    {
        var schemes = ((_document.Root["components"] as JsonObject)?["securitySchemes"] as JsonObject ?? []).Select(entry => OpenApiSchema.Resolve(_document.Root, entry.Value)).OfType<JsonObject>();
        foreach (var scheme in schemes)
        {
            var (type, how, name, place) = (OpenApiDocument.Text(scheme["type"]), OpenApiDocument.Text(scheme["scheme"])?.ToLowerInvariant(), OpenApiDocument.Text(scheme["name"]), OpenApiDocument.Text(scheme["in"]));
            var auth = (type, how, place) switch
            {
                ("http", "basic", _) => "basic",
                ("http", _, _) or ("oauth2", _, _) or ("openIdConnect", _, _) => "bearer",
                ("apiKey", _, "cookie") when name is not null => $"{{ cookie: {Quoted(name)} }}",
                ("apiKey", _, "header") when name is not null => $"{{ header: {Quoted(name)}, value: \"{{{{key}}}}\" }}",
                _ => null,
            };
            if (auth is null)
                continue;
            head.Append("auth: ").Append(auth).Append('\n');
            head.Append("keys: { env: RAG_KEYS }                     # guessed: one or more keys").Append(auth == "basic" ? " such as user:password" : "").Append(", separated by commas; or { file: PATH }, or none\n");
            _open.Add("keys: put one into the environment variable RAG_KEYS, or write keys: none");
            return;
        }
        head.Append("keys: none\n");
    }

    private void Line(string key, string? path, string? comment = null)
    {
        if (path is not null)
            _operations.Append(key).Append(": ").Append(Quoted(path)).Append(comment is null ? "" : "   # " + comment).Append('\n');
    }

    private static string NameOf(JsonObject root)
    {
        var words = OpenApiOperation.Split(OpenApiDocument.Text((root["info"] as JsonObject)?["title"]) ?? "").Select(word => string.Concat(word.Where(char.IsAsciiLetterOrDigit))).Where(word => word.Length > 0);
        var name = string.Join('-', words.Take(6));
        return name.Length == 0 ? "my-rag" : Quoted(name.Length > 60 ? name[..60].TrimEnd('-') : name);
    }

    private static string List(IEnumerable<string> texts) => string.Create(CultureInfo.InvariantCulture, $"[{string.Join(", ", texts.Select(Quoted))}]");

    // A text in JSON's quotes is one in YAML's double quotes, too.
    private static string Quoted(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetter(c) || c is '-' or '_') && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off")
        ? text
        : JsonSerializer.Serialize(text, Relaxed);

    private static string Comment(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' or '\u0085' or '\uFEFF' or '\uFFFD' ? ' ' : c)).Trim();
        return line.Length > 120 ? line[..120] + "…" : line.Length == 0 ? "…" : line;
    }
}
