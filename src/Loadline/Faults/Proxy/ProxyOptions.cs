namespace Loadline.Faults.Proxy;

/// <summary>Where a proxy stands, and its bounds.</summary>
public sealed record ProxyOptions
{
    /// <summary>Where it listens, as <c>HOST:PORT</c>; port 0 takes a free one. Without a host: loopback. Default <c>127.0.0.1:0</c>.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <summary>The server behind it, as <c>HOST:PORT</c>; its name is resolved for each connection.</summary>
    public required string Upstream { get; init; }

    /// <summary>The seed of everything drawn: which connections and requests a toxic meets, jitter, sizes.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether it listens at once; default yes.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Connections at a time; what comes above is reset. Default 10,000.</summary>
    public int MostConnections { get; init; } = 10_000;

    /// <summary>Bytes that toxics hold for each direction of a connection before its source isn't read any more; default 64 KiB. At least one read of 16 KiB is always taken.</summary>
    public int MostHeld { get; init; } = 64 * 1024;

    /// <summary>The same at most while a toxic acts that needs more in flight so as not to limit the rate (further): latency, or a high bandwidth. At 100 ms the default of 1 MiB carries 10 MB/s.</summary>
    public int MostDelayed { get; init; } = 1024 * 1024;

    /// <summary>How long a connection to the server may take; default 10 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
