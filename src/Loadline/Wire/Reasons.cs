namespace Loadline.Wire;

/// <summary>Classes of failure: the one list of what <see cref="Exchange.Reason"/> can be, beside <c>http_NNN</c>.</summary>
public static class Reasons
{
    /// <summary>Nothing listens there.</summary>
    public const string ConnectRefused = "connect_refused";

    /// <summary>The host's name has no address.</summary>
    public const string Dns = "dns";

    /// <summary>No connection within the connect limit, which is shorter than the time-out.</summary>
    public const string ConnectTimeout = "connect_timeout";

    /// <summary>No connection for another reason: no route, no port left, TLS.</summary>
    public const string ConnectFailed = "connect_failed";

    /// <summary>Not ended within the plan's time-out.</summary>
    public const string Timeout = "timeout";

    /// <summary>The connection was closed before the response's head had come.</summary>
    public const string Reset = "reset";

    /// <summary>The connection was closed in the middle of a body that is not a stream.</summary>
    public const string BodyCut = "body_cut";

    /// <summary>Refused by a limit.</summary>
    public const string Throttled = "throttled";

    /// <summary>A good status, and an error in the body.</summary>
    public const string BodyError = "body_error";

    /// <summary>A good status, and a body without what the profile requires.</summary>
    public const string BodyIncomplete = "body_incomplete";

    /// <summary>A body or an event that is not JSON.</summary>
    public const string UnreadableBody = "unreadable_body";

    /// <summary>A stream that ended without its end marker.</summary>
    public const string StreamCut = "stream_cut";

    /// <summary>An error event in a stream.</summary>
    public const string StreamError = "stream_error";

    /// <summary>A stream that ended properly and held no content.</summary>
    public const string StreamEmpty = "stream_empty";

    /// <summary>A stream was asked for and something else came.</summary>
    public const string NotAStream = "not_a_stream";

    /// <summary>A body or an event over the limit.</summary>
    public const string TooLarge = "too_large";

    /// <summary>The response breaks HTTP itself.</summary>
    public const string Protocol = "protocol_error";

    private static readonly string[] Statuses = [.. Enumerable.Range(0, 1000).Select(status => $"http_{status:000}")];

    /// <summary><c>http_503</c> for 503.</summary>
    public static string Http(int status) => status is >= 0 and < 1000 ? Statuses[status] : "http_other";
}
