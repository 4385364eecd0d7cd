namespace Loadline.Faults.Proxy;

/// <summary>One number by which a toxic is set.</summary>
/// <param name="Name">As in Toxiproxy's API, such as <c>latency</c>.</param>
/// <param name="Unit">What it counts, such as <c>ms</c>.</param>
/// <param name="About">What it does; one phrase.</param>
public sealed record ToxicAttribute(string Name, string Unit, string About)
{
    /// <summary>What it is when it isn't given.</summary>
    public long Default { get; init; }

    /// <summary>The least that is allowed; default 0.</summary>
    public long Least { get; init; }

    /// <summary>The most that is allowed; default 2³¹ − 1: of milliseconds, 24 days.</summary>
    public long Most { get; init; } = int.MaxValue;

    /// <summary>Whether Toxiproxy doesn't have it. Such attributes are told only where they aren't at their default, so that its clients read back what they sent.</summary>
    public bool IsOurs { get; init; }

    /// <summary>What every kind of toxic has: it acts only on this many connections, or requests if it acts on HTTP; 0, the default: on all.</summary>
    public static ToxicAttribute First { get; } = new("first", "", "only the first so many connections, or requests, that it meets; 0: all") { IsOurs = true };
}
