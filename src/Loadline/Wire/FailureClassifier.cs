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

    /// <summary>Why a body stopped.</summary>
    internal static string InBody(Exception exception, bool streamed) => exception switch
    {
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => Reasons.Protocol,
        _ => streamed ? Reasons.StreamCut : Reasons.BodyCut,
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
