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

    /// <summary>The operation that uploads documents: the first whose body asks for <c>document.text</c>; null when there is none.</summary>
    public OperationProfile? Upload => Operations.Values.FirstOrDefault(operation => operation.Uploads);
}

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
