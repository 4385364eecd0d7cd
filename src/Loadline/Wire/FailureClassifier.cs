using System.Net.Sockets;

namespace Loadline.Wire;

/// <summary>Turns what the HTTP stack throws into a reason. Exceptions are read by type and code, never by their text.</summary>
internal static class FailureClassifier
{
    /// <summary>Why no response's head came.</summary>
    internal static string BeforeHead(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket)
                return OfSocket(socket);
        }
        return exception switch
        {
            // The handler's own connect limit shows as a cancellation that nobody asked for.
            OperationCanceledException => Reasons.ConnectTimeout,
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Reasons.Dns,
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError } => Reasons.ConnectFailed,
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => Reasons.TooLarge,
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError } => Reasons.Protocol,
            _ => Reasons.Reset,
        };
    }

    /// <summary>Why a body stopped; null when it was just cut.</summary>
    internal static string? InBody(Exception exception) =>
        exception is HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } ? Reasons.Protocol : null;

    /// <summary>Why a connection could not be made, or TLS not be begun.</summary>
    internal static string OfConnecting(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket)
                return OfSocket(socket);
        }
        return exception is OperationCanceledException ? Reasons.ConnectTimeout : Reasons.ConnectFailed;
    }

    /// <summary>Why a connection could not be made, of the system's own number.</summary>
    internal static string OfErrno(int error) => error switch
    {
        111 => Reasons.ConnectRefused,
        110 => Reasons.ConnectTimeout,
        104 => Reasons.Reset,
        _ => Reasons.ConnectFailed,
    };

    private static string OfSocket(SocketException socket) => socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => Reasons.ConnectRefused,
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => Reasons.Dns,
        SocketError.TimedOut => Reasons.ConnectTimeout,
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.OperationAborted => Reasons.Reset,
        _ => Reasons.ConnectFailed,
    };
}
