using System.Net;
using Loadline.Plans;

namespace Loadline.Llm;

/// <summary>How a simulated LLM server listens and behaves. Its timing is the plan's own <see cref="LlmModel"/>.</summary>
public sealed record LlmOptions
{
    /// <summary>Timing, slots, queue and failures.</summary>
    public required LlmModel Model { get; init; }

    /// <summary>Where to listen; loopback by default.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 (default) lets the operating system choose.</summary>
    public int Port { get; init; }

    /// <summary>The model's name as <c>/v1/models</c> lists it. A request may name any other: its name is echoed.</summary>
    public string ModelName { get; init; } = "loadline-simulated";

    /// <summary>The seed of everything random: the <c>n</c>-th request is drawn from (seed, n) alone.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether the time per token is drawn for each token (default) or once for each request.</summary>
    public PerTokenDraw PerTokenDraw { get; init; } = PerTokenDraw.EachToken;

    /// <summary>The share of streams that break off without an end after <see cref="CutAfterTokens"/> tokens, 0–1; default 0.</summary>
    public double CutStreams { get; init; }

    /// <summary>How many tokens a stream that is cut still sends; at least 1, default 10. An answer that is shorter is not cut.</summary>
    public int CutAfterTokens { get; init; } = 10;

    /// <summary>
    /// Tokens due within one tick are written together; default 2 ms, 1–50 ms. Only the moment of writing is rounded (to the nearest tick):
    /// the next token is due from when this one was due, so the mean time between tokens does not drift.
    /// </summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(2);

    internal IEnumerable<string> Problems()
    {
        if (Port is < 0 or > 65535)
            yield return $"port {Port}: a port is 0–65535; give 0 to let the operating system choose";
        if (Model.Slots < 1)
            yield return $"slots {Model.Slots}: at least 1 answer must be generated at a time";
        if (Model.Queue < 0)
            yield return $"queue {Model.Queue}: a queue holds 0 or more requests; 0 refuses whatever finds no free slot";
        if (!(Model.LoadFactor >= 0) || double.IsInfinity(Model.LoadFactor))
            yield return $"load factor {Model.LoadFactor}: a factor is 0 (no effect) or more";
        if (Model.Failures is not (>= 0 and <= 1))
            yield return $"failures {Model.Failures}: a share is between 0 and 1";
        if (CutStreams is not (>= 0 and <= 1))
            yield return $"cut streams {CutStreams}: a share is between 0 and 1";
        if (CutAfterTokens < 1)
            yield return $"cut after {CutAfterTokens} tokens: at least 1";
        if (Tick < TimeSpan.FromMilliseconds(1) || Tick > TimeSpan.FromMilliseconds(50))
            yield return $"tick {Tick.TotalMilliseconds} ms: 1–50 ms";
    }
}

/// <summary>For what the time per token is drawn.</summary>
public enum PerTokenDraw
{
    /// <summary>Each token has its own time.</summary>
    EachToken,

    /// <summary>All tokens of one answer take the same time; answers differ.</summary>
    EachRequest,
}
