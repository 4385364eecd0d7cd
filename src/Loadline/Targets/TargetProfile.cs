namespace Loadline.Targets;

/// <summary>How to speak to a kind of target: everything Loadline needs to know of a RAG system it has never seen. Immutable; made by <see cref="TargetProfileReader"/>.</summary>
public sealed record TargetProfile
{
    /// <summary>The profile's name, lower-case words joined by hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: which systems it fits.</summary>
    public required string About { get; init; }

    /// <summary>Where the target is when the run doesn't say; null when the run must.</summary>
    public required Uri? Url { get; init; }

    /// <summary>The protocol spoken; on <c>http://</c>, HTTP/2 is spoken with prior knowledge (h2c).</summary>
    public required TargetProtocol Protocol { get; init; }

    /// <summary>Which wire, proxy and certificates, and the headers of every request.</summary>
    public TransportProfile Transport { get; init; } = new();

    /// <summary>How a key is sent; null when requests carry none.</summary>
    public required AuthRule? Auth { get; init; }

    /// <summary>Where the users' keys come from.</summary>
    public required KeySource Keys { get; init; }

    /// <summary>Statuses that mean "refused by a limit". Default 429.</summary>
    public required IReadOnlySet<int> ThrottledStatuses { get; init; }

    /// <summary>The operations by name, the names that a plan's mix uses.</summary>
    public required IReadOnlyDictionary<string, OperationProfile> Operations { get; init; }

    /// <summary>Variables that templates may ask for, and where their values come from.</summary>
    public IReadOnlyDictionary<string, VariableSource> Variables { get; init; } = new Dictionary<string, VariableSource>();

    /// <summary>Headers of every request; setup steps send those whose variables are known by then. Operations have them among their own.</summary>
    public IReadOnlyList<(string Name, Template Value)> Headers { get; init; } = [];

    /// <summary>What is done once before anything else, in this order, and undone in reverse.</summary>
    public IReadOnlyList<SetupStep> Setup { get; init; } = [];

    /// <summary>How each user gets the session that its requests ask for; its answer's first text is the session. Null when there are none.</summary>
    public OperationProfile? Session { get; init; }

    /// <summary>How the target is looked at from inside while it is loaded; null for not at all.</summary>
    public ProbeProfile? Probes { get; init; }

    /// <summary>Where the target's parts run, by the names that faults of plans call them, such as <c>vectors: container:chroma</c>. Empty when the profile doesn't say.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; init; } = new Dictionary<string, string>();

    /// <summary>Stands for a trace's id in <see cref="Traces"/>.</summary>
    public const string TraceIdMark = "{trace_id}";

    /// <summary>Where a request's trace can be looked at, with <see cref="TraceIdMark"/> in it: the report links it. Null for nowhere.</summary>
    public string? Traces { get; init; }

    /// <summary>Values that are never written or shown; grows as variables are bound.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>The operation that uploads documents: the first whose body asks for <c>document.text</c>; null when there is none.</summary>
    public OperationProfile? Upload => Operations.Values.FirstOrDefault(operation => operation.Uploads);

    /// <summary>A text with this profile's secrets covered.</summary>
    /// <param name="text">What is to be written or shown.</param>
    /// <param name="more">Further secrets, such as the key that a request was sent with.</param>
    public string Mask(string text, params ReadOnlySpan<string?> more) => SecretMask.Cover(text, [.. Secrets, .. more]);

    /// <summary>The profile with variables filled. Names that it doesn't know do no harm.</summary>
    /// <param name="values">Values by name.</param>
    /// <param name="secrets">Which of them are secrets, by their value.</param>
    public TargetProfile Bind(IReadOnlyDictionary<string, VariableValue> values, IEnumerable<string> secrets)
    {
        RequestProfile Bound(RequestProfile request) => request.Bind(values);
        return this with
        {
            Auth = Auth is { } auth ? auth with { Value = auth.Value.Bind(values) } : null,
            Keys = Keys is KeySource.Issued issued ? issued with { Request = issued.Request.WithRequests(Bound), Each = issued.Each.Bind(values) } : Keys,
            Operations = Operations.ToDictionary(entry => entry.Key, entry => entry.Value.WithRequests(Bound), StringComparer.Ordinal),
            Session = Session?.WithRequests(Bound),
            Headers = [.. Headers.Select(header => (header.Name, header.Value.Bind(values)))],
            Setup = [.. Setup.Select(step => step with { Operation = step.Operation.WithRequests(Bound), Until = step.Until is { } until ? until with { Poll = until.Poll.WithRequests(Bound) } : null, Undo = step.Undo?.WithRequests(Bound) })],
            Secrets = [.. Secrets.Concat(secrets).Distinct(StringComparer.Ordinal)],
        };
    }
}

/// <summary>One request before the load: a login, a knowledge base to be filled, an assistant.</summary>
/// <param name="Operation">The request and what its answer must be. Its captures are rules of the answer.</param>
/// <param name="Captures">The variables that its response gives, and whether each is a secret.</param>
/// <param name="Until">What the response must come to say; the step is repeated until then. Null when once is enough.</param>
/// <param name="Undo">The request that undoes it after the run; null when nothing is to be undone.</param>
public sealed record SetupStep(OperationProfile Operation, IReadOnlyDictionary<string, bool> Captures, SearchableRule? Until, OperationProfile? Undo);

/// <summary>The protocols spoken.</summary>
public enum TargetProtocol
{
    /// <summary>HTTP/1.1, one connection for each exchange in flight.</summary>
    Http1,

    /// <summary>HTTP/2, exchanges share connections.</summary>
    Http2,
}

/// <summary>How a key is sent.</summary>
/// <param name="Header">The header's name.</param>
/// <param name="Value">Its value, such as <c>Bearer {{key}}</c>.</param>
public sealed record AuthRule(string Header, Template Value);

/// <summary>Where the users' keys come from.</summary>
public abstract record KeySource
{
    /// <summary>Requests carry no key.</summary>
    public sealed record None : KeySource;

    /// <summary>An environment variable with keys separated by commas or white space; users share them in turn.</summary>
    public sealed record Environment(string Variable) : KeySource;

    /// <summary>A file with a key a line; users share them in turn.</summary>
    public sealed record File(string Path) : KeySource;

    /// <summary>Made by the target, some users with each request, sent with the admin key of the run.</summary>
    /// <param name="Request">The request; its body asks for <c>{{users}}</c>.</param>
    /// <param name="Each">The part of the body that stands for one user.</param>
    /// <param name="Batch">How many users a request makes, 1–10,000.</param>
    /// <param name="KeyPath">Where the keys are in the answer, in the order of the users.</param>
    public sealed record Issued(OperationProfile Request, Template Each, int Batch, JsonPath KeyPath) : KeySource;
}
