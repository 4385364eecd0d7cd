using System.Net;

namespace Loadline.Wire;

/// <summary>How the wire speaks to the target.</summary>
public sealed record WireOptions
{
    /// <summary>Where the target is; a path in it goes before the operations' paths.</summary>
    public required Uri BaseAddress { get; init; }

    /// <summary>Where connections are made to instead of <see cref="BaseAddress"/>, such as a proxy before it: <c>Host</c> and TLS stay the target's. Null for the target itself.</summary>
    public IPEndPoint? Through { get; init; }

    /// <summary>An exchange that has not ended by then counts as timed out.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The most connections (HTTP/1.1): at least the exchanges in flight, or they'd queue in the client and the target would look slow.</summary>
    public int Connections { get; init; } = int.MaxValue;

    /// <summary>How long a connection may take to be made. Default 10 s; no longer than <see cref="Timeout"/> to be told from it.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest head of a response, and the longest trailers. Default 64 KiB.</summary>
    public int MaxHeadBytes { get; init; } = 64 << 10;

    /// <summary>The longest body read. Default 16 MiB.</summary>
    public int MaxBodyBytes { get; init; } = 16 << 20;

    /// <summary>The longest event of a stream. Default 1 MiB.</summary>
    public int MaxEventBytes { get; init; } = 1 << 20;

    /// <summary>How long the connection is kept to drain a stream after its end marker. Default 1 s.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How much of a request's and of a response's text is kept for samples. Default 4 KiB.</summary>
    public int KeptBytes { get; init; } = 4096;
}
