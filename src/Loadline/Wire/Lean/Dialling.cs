using System.Net;
using System.Net.Sockets;

namespace Loadline.Wire.Lean;

/// <summary>Finds a host's addresses and tries them in the resolver's order, each for a fair part of the time to connect.</summary>
internal static class Dialling
{
    /// <exception cref="ConnectException">No address answers; the reason is the last one's.</exception>
    internal static async ValueTask<LeanConnection> ConnectAsync(LeanWire wire, IConnector connector)
    {
        var options = wire.Options;
        var addresses = options.Through is { } through ? [through.Address] : await ResolveAsync(options.BaseAddress, options.ConnectTimeout, wire.Clock.Time).ConfigureAwait(false);
        var port = options.Through?.Port ?? options.BaseAddress.Port;
        var end = wire.Clock.Now + RunClock.Nanoseconds(options.ConnectTimeout);
        for (var i = 0; ; i++)
        {
            var left = TimeSpan.FromMilliseconds(Math.Max(1, (end - wire.Clock.Now) / 1e6 / (addresses.Length - i)));
            using var limit = new CancellationTokenSource(left, wire.Clock.Time);
            try
            {
                return await connector.ConnectAsync(wire, new IPEndPoint(addresses[i], port), limit.Token).ConfigureAwait(false);
            }
            catch (ConnectException) when (i + 1 < addresses.Length)
            {
                // Another address may answer.
            }
        }
    }

    private static async ValueTask<IPAddress[]> ResolveAsync(Uri address, TimeSpan limit, TimeProvider time)
    {
        if (IPAddress.TryParse(address.DnsSafeHost, out var literal))
            return [literal];
        try
        {
            using var over = new CancellationTokenSource(limit, time);
            var found = await Dns.GetHostAddressesAsync(address.DnsSafeHost, over.Token).ConfigureAwait(false);
            return found.Length > 0 ? found : throw new ConnectException(Reasons.Dns);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            throw new ConnectException(Reasons.Dns);
        }
    }
}
