using System.ComponentModel;
using Rag.Errors;

namespace Rag.Gateway;

/// <summary>An error as RFC 9457 has it, with all problems of a request at once.</summary>
[Description("An error (RFC 9457)")]
internal sealed record Problem
{
    [Description("urn:rag:problem: and the code")]
    public required string Type { get; init; }

    [Description("What kind of error, in words")]
    public required string Title { get; init; }

    [Description("The HTTP status")]
    public required int Status { get; init; }

    [Description("A stable name to act on")]
    public required string Code { get; init; }

    [Description("What was given, the rule and the remedy")]
    public required string Detail { get; init; }

    [Description("Each problem of the request")]
    public IReadOnlyList<FieldProblem>? Errors { get; init; }

    [Description("Names this request in the server's log")]
    public string? RequestId { get; init; }

    public static Problem Of(Exception error, string? requestId) => error switch
    {
        InvalidRequestException invalid => Of(
            RagError.InvalidArgument, string.Join("; ", invalid.Problems.Select(p => p.Detail)), requestId) with
        { Errors = invalid.Problems },
        RagException refused => Of(refused.Error, refused.Message, requestId),
        _ => new Problem
        {
            Type = "urn:rag:problem:internal",
            Title = "Internal error",
            Status = 500,
            Code = "internal",
            Detail = "The server failed; its log tells why under the request id.",
            RequestId = requestId,
        },
    };

    private static Problem Of(RagError error, string detail, string? requestId)
    {
        var (status, title, code) = error switch
        {
            RagError.InvalidArgument => (400, "The request is wrong", "invalid_argument"),
            RagError.Unauthenticated => (401, "No valid API key", "unauthenticated"),
            RagError.PermissionDenied => (403, "Not allowed", "permission_denied"),
            RagError.NotFound => (404, "Not found", "not_found"),
            RagError.VersionConflict => (412, "The document has another version", "version_conflict"),
            RagError.TooLarge => (413, "Too large", "too_large"),
            RagError.UnsupportedMedia => (415, "Format not supported", "unsupported_media"),
            RagError.Throttled => (429, "Over the rate limit", "throttled"),
            RagError.Overloaded => (503, "Overloaded", "overloaded"),
            RagError.Unavailable => (503, "A part of the system is down", "unavailable"),
            RagError.DeadlineExceeded => (504, "Out of time", "deadline_exceeded"),
            _ => (500, "Internal error", "internal"),
        };
        return new Problem { Type = "urn:rag:problem:" + code, Title = title, Status = status, Code = code, Detail = detail, RequestId = requestId };
    }
}

/// <summary>One problem of a request.</summary>
/// <param name="Pointer">Where in the body (RFC 6901), or the name of a query parameter or header.</param>
/// <param name="Detail">What was given, the rule and the remedy.</param>
internal sealed record FieldProblem(
    [property: Description("Where in the body (JSON Pointer), or the name of a parameter or header")] string Pointer,
    [property: Description("What was given, the rule and the remedy")] string Detail);

/// <summary>A request with one or more problems, all of them.</summary>
internal sealed class InvalidRequestException(IReadOnlyList<FieldProblem> problems) : Exception(problems[0].Detail)
{
    public InvalidRequestException(string pointer, string detail) : this([new FieldProblem(pointer, detail)])
    {
    }

    public IReadOnlyList<FieldProblem> Problems { get; } = problems;
}
