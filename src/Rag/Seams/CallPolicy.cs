namespace Rag.Seams;

/// <summary>How the seam treats one call. Times are this hop's own caps: a call gets the least of its cap and what remains of the request's time.</summary>
public sealed record CallPolicy
{
    /// <summary>The most time for an interactive call: until the reply, or for a stream until its first item. Default 500 ms.</summary>
    public TimeSpan Cap { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The same for work that no person waits for (<see cref="Priority.Batch"/> and <see cref="Priority.Reindexing"/>). Default 30 s.</summary>
    public TimeSpan BatchCap { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Streams: the most time until the peer has said that it took the call on; a frozen process is told by it from a slow one. Default 500 ms.</summary>
    public TimeSpan AcceptCap { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Streams: the most time between two items. Default 10 s.</summary>
    public TimeSpan GapCap { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a failed call may be tried once more: reads, and writes that change nothing the second time. Default false.</summary>
    public bool Retry { get; init; }

    /// <summary>Whether a slow call may be sent to a second peer. Default false.</summary>
    public bool Hedge { get; init; }

    /// <summary>Whether it passes without bulkhead and breaker: long polls (whose caps are <see cref="Timeout.InfiniteTimeSpan"/>), and what watches. Default false.</summary>
    public bool Exempt { get; init; }

    /// <summary>A read of the fast path.</summary>
    public static CallPolicy Read { get; } = new() { Retry = true };

    /// <summary>A read that is worth sending twice.</summary>
    public static CallPolicy HedgedRead { get; } = new() { Retry = true, Hedge = true };

    /// <summary>A write that must not be sent twice.</summary>
    public static CallPolicy Write { get; } = new() { Cap = TimeSpan.FromSeconds(10) };

    /// <summary>A write that changes nothing the second time.</summary>
    public static CallPolicy IdempotentWrite { get; } = new() { Cap = TimeSpan.FromSeconds(10), Retry = true };

    /// <summary>A question about the service's state, asked by those who watch.</summary>
    public static CallPolicy Watch { get; } = new() { Cap = TimeSpan.FromMilliseconds(300), Exempt = true };
}
