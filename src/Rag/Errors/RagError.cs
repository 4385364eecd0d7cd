namespace Rag.Errors;

/// <summary>Why a service refused or failed a call. Each value maps to one HTTP status at the gateway and, between processes, to one gRPC status.</summary>
public enum RagError
{
    /// <summary>The request itself is wrong; sending it again can't help (HTTP 400).</summary>
    InvalidArgument,

    /// <summary>No valid API key came with the request (HTTP 401).</summary>
    Unauthenticated,

    /// <summary>The caller is known but may not do this (HTTP 403).</summary>
    PermissionDenied,

    /// <summary>What was asked for doesn't exist for this tenant (HTTP 404).</summary>
    NotFound,

    /// <summary>The document has moved on from the version that the caller named (HTTP 412).</summary>
    VersionConflict,

    /// <summary>A body or a text is over its limit (HTTP 413).</summary>
    TooLarge,

    /// <summary>The format can't be read (HTTP 415).</summary>
    UnsupportedMedia,

    /// <summary>The caller is over its limit (HTTP 429, with <c>Retry-After</c>).</summary>
    Throttled,

    /// <summary>A queue or pool is full; later may succeed (HTTP 503, with <c>Retry-After</c>).</summary>
    Overloaded,

    /// <summary>A dependency is down (HTTP 503).</summary>
    Unavailable,

    /// <summary>The time allowed for the call ran out (HTTP 504).</summary>
    DeadlineExceeded,
}
