using Loadline.Targets;
using Loadline.Wire.Lean;

namespace Loadline.Wire;

/// <summary>Chooses the wire that fits a profile.</summary>
public static class Wires
{
    /// <summary>Opens a wire: our own for HTTP/1.1 without a proxy, .NET's for everything else, or the one that the profile names.</summary>
    /// <exception cref="TransportException">A certificate or a secret that the profile names isn't there.</exception>
    public static IWire Open(TargetProfile profile, WireOptions options, RunClock clock) =>
        IsLean(profile) ? new LeanWire(profile, options, clock) : new HttpWire(profile, options, clock);

    /// <summary>What <see cref="Open"/> opens, in words, for a run's environment: <c>lean, epoll</c>, <c>lean, sockets</c> or <c>.NET, http2</c>.</summary>
    public static string NameOf(TargetProfile profile) => IsLean(profile)
        ? Lean.Epoll.EpollConnector.IsSupported ? "lean, epoll" : "lean, sockets"
        : $".NET, {(profile.Protocol == TargetProtocol.Http2 ? "http2" : "http1")}{(profile.Transport.Proxy is null ? "" : ", proxy")}";

    /// <summary>Which of the two <see cref="Open"/> opens.</summary>
    internal static WireChoice ChoiceFor(TargetProfile profile) => IsLean(profile) ? WireChoice.Lean : WireChoice.DotNet;

    private static bool IsLean(TargetProfile profile) => profile.Transport.Wire switch
    {
        WireChoice.DotNet => false,
        WireChoice.Lean => true,
        _ => profile is { Protocol: TargetProtocol.Http1, Transport.Proxy: null },
    };
}
