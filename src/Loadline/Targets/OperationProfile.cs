namespace Loadline.Targets;

/// <summary>One kind of request and what its answer must be.</summary>
public sealed record OperationProfile
{
    /// <summary>The name, as in a plan's mix.</summary>
    public required string Name { get; init; }

    /// <summary>The request when the answer comes in one piece.</summary>
    public required RequestProfile Request { get; init; }

    /// <summary>Statuses that are success. Default 200–299.</summary>
    public required IReadOnlySet<int> OkStatuses { get; init; }

    /// <summary>What the body of an answer in one piece must and may hold.</summary>
    public required AnswerRules Answer { get; init; }

    /// <summary>The streamed variant; null when there is none.</summary>
    public required StreamProfile? Stream { get; init; }

    /// <summary>How to see that an uploaded document is searchable; null when the target can't say.</summary>
    public required SearchableRule? Searchable { get; init; }

    /// <summary>A further request that belongs to the operation and follows a success, such as "index what I uploaded"; null for none. The exchange ends with it.</summary>
    public OperationProfile? Then { get; init; }

    /// <summary>What responses of a setup step are searched for besides their body; empty for other operations.</summary>
    internal IReadOnlyList<HeaderCapture> HeaderCaptures { get; init; } = [];

    /// <summary>Whether it uploads a document.</summary>
    public bool Uploads => Request.Uses(Placeholder.DocumentText);

    /// <summary>Whether it asks a question.</summary>
    public bool Asks => Request.Uses(Placeholder.Question) || Request.Uses(Placeholder.Messages);

    /// <summary>Whether it sends the earlier turns of its session.</summary>
    public bool SendsHistory => Sends(Request) || (Stream is { } stream && Sends(stream.Request)) || Then?.SendsHistory == true;

    /// <summary>Every request that it can send.</summary>
    internal IEnumerable<RequestProfile> Requests =>
        [Request, .. Stream is { } stream ? [stream.Request] : Array.Empty<RequestProfile>(), .. Then?.Requests ?? [], .. Searchable?.Poll.Requests ?? []];

    /// <summary>The operation with each of its requests changed.</summary>
    internal OperationProfile WithRequests(Func<RequestProfile, RequestProfile> change) => this with
    {
        Request = change(Request),
        Stream = Stream is { } stream ? stream with { Request = change(stream.Request) } : null,
        Searchable = Searchable is { } rule ? rule with { Poll = rule.Poll.WithRequests(change) } : null,
        Then = Then?.WithRequests(change),
    };

    private static bool Sends(RequestProfile request) => request.Uses(Placeholder.History) || request.Uses(Placeholder.Messages);
}

/// <summary>A response header or cookie whose value later requests need.</summary>
/// <param name="Variable">The variable that gets it.</param>
/// <param name="Header">The header's name; null for a cookie.</param>
/// <param name="Cookie">The cookie's name; null for a header.</param>
internal sealed record HeaderCapture(string Variable, string? Header, string? Cookie);

/// <summary>A request's method, path, headers and body.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Path and query, from <c>/</c>; it follows the base URL's own path.</param>
/// <param name="Headers">Further headers.</param>
/// <param name="Body">The body; null for none.</param>
/// <param name="ContentType">The body's media type.</param>
public sealed record RequestProfile(
    HttpMethod Method, Template Path, IReadOnlyList<(string Name, Template Value)> Headers, Template? Body, string ContentType)
{
    /// <summary>Whether path or body ask for a value.</summary>
    public bool Uses(Placeholder placeholder) => Path.Uses(placeholder) || Body?.Uses(placeholder) == true;

    /// <summary>Whether it has a header of its own of that name: that one wins over the profile's.</summary>
    internal bool Has(string header)
    {
        foreach (var (name, _) in Headers)
            if (name.Equals(header, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    /// <summary>The variables that are not bound.</summary>
    internal IEnumerable<string> Variables =>
        Path.Variables.Concat(Body?.Variables ?? []).Concat(Headers.SelectMany(header => header.Value.Variables)).Distinct(StringComparer.Ordinal);

    internal RequestProfile Bind(IReadOnlyDictionary<string, VariableValue> values) => this with
    {
        Path = Path.Bind(values),
        Body = Body?.Bind(values),
        Headers = [.. Headers.Select(header => (header.Name, header.Value.Bind(values)))],
    };

    /// <summary>With further headers; those it has win.</summary>
    internal RequestProfile With(IEnumerable<(string Name, Template Value)> headers) => this with
    {
        Headers = [.. Headers, .. headers.Where(more => !Has(more.Name))],
    };
}

/// <summary>The streamed variant of an operation.</summary>
/// <param name="Request">Its request; the operation's own unless the profile gives another.</param>
/// <param name="Framing">How events are told apart.</param>
/// <param name="Events">What events mean.</param>
public sealed record StreamProfile(RequestProfile Request, StreamFraming Framing, StreamRules Events);

/// <summary>How the events of a stream are told apart.</summary>
public enum StreamFraming
{
    /// <summary>Server-sent events (WHATWG HTML, section 9.2).</summary>
    Sse,

    /// <summary>A JSON value a line, whatever the content type says.</summary>
    Ndjson,

    /// <summary>Nothing but the answer's text, as it comes: each read is a piece, and the end of the body is the end.</summary>
    Text,
}

/// <summary>How to see that an uploaded document is searchable. Polls are not operations: no metric counts them.</summary>
/// <param name="Poll">The request of a poll; its answer's first text is the state.</param>
/// <param name="Done">States that mean searchable.</param>
/// <param name="Failed">States that mean it never will be.</param>
/// <param name="FirstPoll">The wait before the first poll; each further wait is 1.5 times as long.</param>
/// <param name="SlowestPoll">The longest wait between polls.</param>
/// <param name="Limit">After this time the document counts as timed out.</param>
public sealed record SearchableRule(
    OperationProfile Poll, IReadOnlyList<string> Done, IReadOnlyList<string> Failed,
    TimeSpan FirstPoll, TimeSpan SlowestPoll, TimeSpan Limit);
