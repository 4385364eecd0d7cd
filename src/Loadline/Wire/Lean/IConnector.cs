using System.Net;

namespace Loadline.Wire.Lean;

/// <summary>Makes connections.</summary>
internal interface IConnector : IDisposable
{
    /// <summary>How many shelves idle connections are kept on.</summary>
    int Shelves { get; }

    /// <summary>The shelf to look on first, from this thread.</summary>
    int Here { get; }

    /// <summary>Makes a connection to one address.</summary>
    /// <param name="wire">Whose it is.</param>
    /// <param name="address">Where to.</param>
    /// <param name="limit">Cancelled when the time to connect is over.</param>
    /// <exception cref="ConnectException">There is none to be had.</exception>
    ValueTask<LeanConnection> ConnectAsync(LeanWire wire, IPEndPoint address, CancellationToken limit);
}

/// <summary>No connection could be made.</summary>
/// <param name="reason">One of <see cref="Reasons"/>.</param>
internal sealed class ConnectException(string reason) : Exception(reason)
{
    internal string Reason => Message;
}
