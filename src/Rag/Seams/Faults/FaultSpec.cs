using Rag.Errors;

namespace Rag.Seams.Faults;

/// <summary>What a fault does to a call.</summary>
public enum FaultKind
{
    /// <summary>It starts later, by <see cref="FaultSpec.Latency"/> ± <see cref="FaultSpec.Jitter"/>.</summary>
    Latency,

    /// <summary>It fails with <see cref="FaultSpec.Error"/>, before anything is done.</summary>
    Error,

    /// <summary>It stands still until the fault ends or the caller goes, as in a frozen process; then it goes on.</summary>
    Hang,

    /// <summary>A stream breaks off after <see cref="FaultSpec.Items"/> items; calls with one reply are left alone.</summary>
    Cut,

    /// <summary>It fails as if nobody listened there: Unavailable at once.</summary>
    Refuse,
}

/// <summary>A fault to be injected at a service's own door, where every caller meets it like a real one.</summary>
public sealed record FaultSpec
{
    /// <summary>The longest that a fault may last: what is forgotten ends by itself.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Which service.</summary>
    public required string Service { get; init; }

    /// <summary>Which of its calls, such as <c>Embed</c>; null for all.</summary>
    public string? Call { get; init; }

    /// <summary>What it does.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>How long it lasts; over 0, to 15 minutes.</summary>
    public required TimeSpan For { get; init; }

    /// <summary>The share of calls that meet it; over 0, to 1. Default 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Of <see cref="FaultKind.Latency"/>: how much later.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Of <see cref="FaultKind.Latency"/>: at most so much more or less, evenly; up to the latency itself.</summary>
    public TimeSpan? Jitter { get; init; }

    /// <summary>Of <see cref="FaultKind.Cut"/>: after how many items; 0 or more.</summary>
    public int? Items { get; init; }

    /// <summary>Of <see cref="FaultKind.Error"/>: which. Default <see cref="RagError.Unavailable"/>.</summary>
    public RagError? Error { get; init; }

    /// <summary>Its name as a lease, when whoever distributes it to several processes has given one; null lets the board choose.</summary>
    public string? Id { get; init; }

    /// <summary>All mistakes: the property's name in snake case, and the rule. Empty when there are none.</summary>
    /// <param name="targets">The services that can be reached, with their calls.</param>
    public IEnumerable<(string Field, string Rule)> Problems(IReadOnlyDictionary<string, IReadOnlyList<string>> targets)
    {
        if (!targets.TryGetValue(Service, out var calls))
            yield return ("service", $"'{Service}' is not known here; known are {string.Join(", ", targets.Keys.Order(StringComparer.Ordinal))}");
        else if (Call is not null && !calls.Contains(Call))
            yield return ("call", $"'{Call}' is no call of {Service}; its calls are {string.Join(", ", calls)}");
        if (For <= TimeSpan.Zero || For > Longest)
            yield return ("for", $"{For.TotalSeconds:0.###} s is not permitted; expected more than 0 s, at most 15 m");
        if (Share is not (> 0 and <= 1))
            yield return ("share", $"{Share} is not permitted; expected more than 0, at most 1");
        if (Kind == FaultKind.Latency && Latency is not { Ticks: > 0 })
            yield return ("latency_ms", "is required for the kind latency, and more than 0");
        if (Jitter > (Latency ?? TimeSpan.Zero))
            yield return ("jitter_ms", "is more than latency_ms; a call can't start before it came");
        if (Kind == FaultKind.Cut && Items is not >= 0)
            yield return ("items", "is required for the kind cut: after how many items the stream breaks off");
        foreach (var (field, given, kind) in new[]
        {
            ("latency_ms", Latency is not null, FaultKind.Latency), ("jitter_ms", Jitter is not null, FaultKind.Latency),
            ("items", Items is not null, FaultKind.Cut), ("error", Error is not null, FaultKind.Error),
        })
            if (given && Kind != kind)
                yield return (field, $"belongs to the kind {kind.ToString().ToLowerInvariant()}");
    }
}

/// <summary>A fault that is active until it ends.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Spec">What it is.</param>
/// <param name="Started">When it began.</param>
/// <param name="Ends">When it ends by itself.</param>
public sealed record FaultLease(string Id, FaultSpec Spec, DateTimeOffset Started, DateTimeOffset Ends);
