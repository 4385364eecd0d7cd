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

    /// <summary>Whether it uploads a document.</summary>
    public bool Uploads => Request.Uses(Placeholder.DocumentText);

    /// <summary>Whether it asks a question.</summary>
    public bool Asks => Request.Uses(Placeholder.Question) || Request.Uses(Placeholder.Messages);

    /// <summary>Whether it sends the earlier turns of its session.</summary>
    public bool SendsHistory => Sends(Request) || (Stream is { } stream && Sends(stream.Request));

    private static bool Sends(RequestProfile request) => request.Uses(Placeholder.History) || request.Uses(Placeholder.Messages);
}

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

    /// <summary>A JSON value a line.</summary>
    Ndjson,
}

/// <summary>How to see that an uploaded document is searchable. Polls are not operations: no metric counts them.</summary>
/// <param name="Poll">The request of a poll.</param>
/// <param name="State">Where the state is in its answer.</param>
/// <param name="Done">States that mean searchable.</param>
/// <param name="Failed">States that mean it never will be.</param>
/// <param name="FirstPoll">The wait before the first poll; each further wait is 1.5 times as long.</param>
/// <param name="SlowestPoll">The longest wait between polls.</param>
/// <param name="Limit">After this time the document counts as timed out.</param>
public sealed record SearchableRule(
    OperationProfile Poll, JsonPath State, IReadOnlyList<string> Done, IReadOnlyList<string> Failed,
    TimeSpan FirstPoll, TimeSpan SlowestPoll, TimeSpan Limit);
