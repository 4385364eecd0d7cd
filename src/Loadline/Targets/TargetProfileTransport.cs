namespace Loadline.Targets;

/// <summary>How the bytes get to the target: which wire, through what, and who vouches for whom.</summary>
public sealed record TransportProfile
{
    /// <summary>Which client is used. Default: the one that fits.</summary>
    public WireChoice Wire { get; init; }

    /// <summary>The proxy; null for none. Proxies of the environment (<c>HTTP_PROXY</c>) are not used: what stands between must be known.</summary>
    public ProxyProfile? Proxy { get; init; }

    /// <summary>TLS, where it differs from what is usual; null for the usual.</summary>
    public TlsProfile? Tls { get; init; }
}

/// <summary>The clients that there are.</summary>
public enum WireChoice
{
    /// <summary>Our own for HTTP/1.1 without a proxy, .NET's for everything else.</summary>
    Auto,

    /// <summary>Our own: HTTP/1.1, without a proxy.</summary>
    Lean,

    /// <summary>.NET's.</summary>
    DotNet,
}

/// <summary>A proxy for HTTP; to <c>https://</c> a tunnel is made through it (CONNECT).</summary>
/// <param name="Url">Where it is.</param>
/// <param name="User">The user it knows us by; null for none.</param>
/// <param name="Password">That user's password.</param>
public sealed record ProxyProfile(Uri Url, string? User, Secret? Password);

/// <summary>TLS, where it differs from the usual: certificates checked against the system's authorities, none of our own.</summary>
public sealed record TlsProfile
{
    /// <summary>A PEM file of the only authorities that count; null for the system's.</summary>
    public string? Authorities { get; init; }

    /// <summary>A PEM file with the client's certificate and those above it (mutual TLS); null for none.</summary>
    public string? Certificate { get; init; }

    /// <summary>A PEM file with its key; null when it is in the certificate's file.</summary>
    public string? Key { get; init; }

    /// <summary>The key's password; null when it has none.</summary>
    public Secret? KeyPassword { get; init; }

    /// <summary>The name that is asked for (SNI) and that the certificate must have; null for the URL's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether the server's certificate is checked. Default true.</summary>
    public bool Verify { get; init; } = true;
}
