namespace Loadline.Faults.Proxy;

/// <summary>Which bytes a toxic acts on.</summary>
public enum ToxicStream
{
    /// <summary>From the server to the client: answers.</summary>
    Downstream,

    /// <summary>From the client to the server: requests.</summary>
    Upstream,
}

/// <summary>One disturbance of a proxy's connections.</summary>
/// <param name="Type">Its kind, by the name that <see cref="ToxicKinds"/> lists.</param>
public sealed record Toxic(string Type)
{
    /// <summary>Its name, unique in its proxy; by default <c>TYPE_STREAM</c>, such as <c>latency_downstream</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Which bytes it acts on; downstream by default. Kinds that act on whole connections don't ask.</summary>
    public ToxicStream Stream { get; init; }

    /// <summary>The share of connections (of requests, for kinds that act on HTTP) that it meets, 0–1; default 1.</summary>
    public double Toxicity { get; init; } = 1;

    /// <summary>Its kind's attributes; what isn't given is at its default.</summary>
    public IReadOnlyDictionary<string, long> Attributes { get; init; } = new Dictionary<string, long>();

    /// <summary>An attribute's value, or its default.</summary>
    /// <exception cref="KeyNotFoundException">Its kind has no such attribute.</exception>
    public long this[string attribute] => Attributes.TryGetValue(attribute, out var value)
        ? value
        : (ToxicKinds.Find(Type)?.AllAttributes.FirstOrDefault(each => each.Name == attribute) ?? throw new KeyNotFoundException($"{Type} has no attribute '{attribute}'")).Default;

    /// <summary>The stream by the name that Toxiproxy gives it.</summary>
    internal string StreamName => Stream == ToxicStream.Upstream ? "upstream" : "downstream";

    internal ToxicKind Kind => ToxicKinds.Find(Type)!;

    internal TimeSpan Milliseconds(string attribute) => TimeSpan.FromMilliseconds(this[attribute]);

    /// <summary>The same with its name and all attributes, as it is then told.</summary>
    /// <exception cref="ToxicException">It breaks a rule; the message has all that it breaks.</exception>
    internal Toxic Checked()
    {
        if (ToxicKinds.Find(Type) is not { } kind)
            throw new ToxicException(ToxicProblem.UnknownType, $"toxic type '{Type}': there is none of this name; there are {string.Join(", ", ToxicKinds.All.Select(each => each.Name))}");
        var problems = new List<string>();
        if (Toxicity is not (>= 0 and <= 1))
            problems.Add(FormattableString.Invariant($"toxicity {Toxicity}: a share is between 0 and 1"));
        if (kind.Unanswers && (Toxicity < 1 || this["first"] > 0))
            problems.Add($"{Type} meets all connections, since none is known before it is answered; leave out toxicity and first, or take hang, which answers");
        foreach (var (name, value) in Attributes)
        {
            if (kind.AllAttributes.FirstOrDefault(each => each.Name == name) is not { } attribute)
                problems.Add($"attribute '{name}': {Type} has none of this name; it has {string.Join(", ", kind.AllAttributes.Select(each => each.Name))}");
            else if (value < attribute.Least || value > attribute.Most)
                problems.Add($"{name} {value}: {attribute.About}; {attribute.Least}–{attribute.Most}");
        }
        if (problems.Count > 0)
            throw new ToxicException(ToxicProblem.Invalid, string.Join("; ", problems));
        return this with
        {
            Name = Name.Length > 0 ? Name : $"{Type}_{StreamName}",
            Attributes = kind.AllAttributes.Where(each => !each.IsOurs || this[each.Name] != each.Default).ToDictionary(each => each.Name, each => this[each.Name]),
        };
    }
}
