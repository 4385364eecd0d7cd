using System.Net.Sockets;
using System.Text;

namespace Rag.Host.Wiring.Remote;

/// <summary>Where services are reached over gRPC: <c>unix:/path/x.sock</c> on this machine, or <c>http://HOST:PORT</c>.</summary>
/// <param name="Text">As it was given.</param>
/// <param name="SocketPath">The socket's absolute path; null for TCP.</param>
/// <param name="Host">The host of a TCP address: a name or an IP address; empty for a socket.</param>
/// <param name="Port">The TCP port; 0 takes a free one where it is listened on.</param>
internal sealed record ServiceAddress(string Text, string? SocketPath, string Host, int Port)
{
    private const string Unix = "unix:";

    // sockaddr_un holds 108 bytes on Linux and 104 elsewhere, the final zero included.
    private static readonly int MaxSocketPath = OperatingSystem.IsLinux() ? 107 : 103;

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="address">What was read; null when there is a problem.</param>
    /// <returns>The problem, with the value and the rule; null when there is none.</returns>
    public static string? Read(string text, out ServiceAddress? address)
    {
        address = null;
        if (text.StartsWith(Unix, StringComparison.Ordinal))
            return ReadSocket(text, text[Unix.Length..], out address);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
            return $"'{text}' is not permitted; expected unix:/absolute/path.sock or http://HOST:PORT";
        address = new ServiceAddress(text, null, uri.IdnHost, uri.Port);
        return null;
    }

    public override string ToString() => Text;

    private static string? ReadSocket(string text, string path, out ServiceAddress? address)
    {
        address = null;
        if (!Path.IsPathRooted(path))
            return $"'{text}' is not permitted; a socket's path is absolute: unix:/absolute/path.sock";
        if (!Socket.OSSupportsUnixDomainSockets)
            return $"'{text}' is not permitted on this system, which has no unix sockets; use http://HOST:PORT";
        if (Encoding.UTF8.GetByteCount(path) is var bytes && bytes > MaxSocketPath)
            return $"'{text}' is too long for a socket: {bytes} bytes, at most {MaxSocketPath} are allowed; choose a shorter folder";
        address = new ServiceAddress(text, path, "", 0);
        return null;
    }
}
