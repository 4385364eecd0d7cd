using System.Globalization;
using Grpc.Core;
using Rag.Errors;

namespace Rag.Host.Wiring.Remote;

/// <summary>A failure on its way between two processes: our kinds of failure as gRPC statuses and trailers, and back.</summary>
internal static class RemoteFailure
{
    private const string ErrorTrailer = "rag-error";
    private const string RetriedTrailer = "rag-retried";
    private const string RetryAfterTrailer = "rag-retry-after-ms";

    // Trailers share a header's limits; a message that lists a thousand problems is cut.
    private const int MaxMessage = 2048;

    /// <summary>The failure as the caller's process gets it.</summary>
    public static RpcException ToStatus(RagException error)
    {
        var trailers = new Metadata { { ErrorTrailer, error.Error.ToString() } };
        if (error.RetryAfter is { } wait)
            trailers.Add(RetryAfterTrailer, ((long)Math.Ceiling(wait.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture));
        if (error.Retried)
            trailers.Add(RetriedTrailer, "1");
        var message = error.Message.Length > MaxMessage ? error.Message[..MaxMessage] + "…" : error.Message;
        return new RpcException(new Status(StatusOf(error.Error), message), trailers);
    }

    /// <summary>What the caller is told of a failed call.</summary>
    /// <param name="error">What came back, from the peer or from the way to it.</param>
    /// <param name="service">The service that was called.</param>
    /// <param name="cancellationToken">The caller's: when it has ended, that is the failure.</param>
    public static Exception FromStatus(RpcException error, string service, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException(error.Message, error, cancellationToken);
        if (error.Trailers.GetValue(ErrorTrailer) is { } kind && Enum.TryParse<RagError>(kind, out var known))
            return new RagException(known, error.Status.Detail, RetryAfter(error.Trailers), error) { Retried = error.Trailers.GetValue(RetriedTrailer) is not null };
        // Without our trailer it is not the service that speaks but gRPC, at this end or the other.
        return error.StatusCode switch
        {
            StatusCode.DeadlineExceeded => new RagException(RagError.DeadlineExceeded, $"{service} did not answer in time", null, error),
            StatusCode.ResourceExhausted => new RagException(RagError.TooLarge, $"{service}: a message is over the limit of grpc_message_bytes", null, error),
            StatusCode.Unimplemented => new RagException(RagError.Unavailable, $"{service} is not served at the address configured for it, or in another version", null, error),
            // The peer's own failure: an unknown one there stays an unknown one here. Its log tells why.
            StatusCode.Internal or StatusCode.Unknown when error.Status.DebugException is null or MessagePack.MessagePackSerializationException =>
                new InvalidOperationException($"{service} failed; the log of its process tells why", error),
            _ => new RagException(RagError.Unavailable, $"{service} can't be reached", null, error),
        };
    }

    private static TimeSpan? RetryAfter(Metadata trailers) =>
        trailers.GetValue(RetryAfterTrailer) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms <= int.MaxValue
            ? TimeSpan.FromMilliseconds(ms)
            : null;

    private static StatusCode StatusOf(RagError error) => error switch
    {
        RagError.InvalidArgument or RagError.UnsupportedMedia or RagError.TooLarge => StatusCode.InvalidArgument,
        RagError.Unauthenticated => StatusCode.Unauthenticated,
        RagError.PermissionDenied => StatusCode.PermissionDenied,
        RagError.NotFound => StatusCode.NotFound,
        RagError.VersionConflict => StatusCode.FailedPrecondition,
        RagError.Throttled or RagError.Overloaded => StatusCode.ResourceExhausted,
        RagError.Unavailable => StatusCode.Unavailable,
        RagError.DeadlineExceeded => StatusCode.DeadlineExceeded,
        _ => StatusCode.Unknown,
    };
}
