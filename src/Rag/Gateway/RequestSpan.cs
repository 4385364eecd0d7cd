using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Rag.Traces;

namespace Rag.Gateway;

/// <summary>
/// The span of a guarded request, by OpenTelemetry's conventions for HTTP servers but for <c>url.path</c>: ids in it are the client's own words.
/// https://opentelemetry.io/docs/specs/semconv/http/http-spans/
/// </summary>
internal static class RequestSpan
{
    /// <summary>Begins it under the caller's <c>traceparent</c>.</summary>
    public static Activity? Begin(HttpContext context, string name, string method, string route)
    {
        if (!Spans.AreWanted)
            return null;
        var headers = context.Request.Headers;
        return Spans.Begin(name, ActivityKind.Server, headers.TraceParent, headers.TraceState)?
            .SetTag("http.request.method", method).SetTag("http.route", route).SetTag("url.scheme", context.Request.Scheme);
    }

    /// <summary>Ends it.</summary>
    /// <param name="span">The span.</param>
    /// <param name="status">The answer's status; 499 where the client went.</param>
    /// <param name="course">What the request met; null when it found no room.</param>
    public static void End(Activity? span, int status, RequestCourse? course)
    {
        if (span is null)
            return;
        span.SetTag("http.response.status_code", status);
        if (course?.Lacking is { Count: > 0 } lacking)
            span.SetTag(Spans.Degraded, lacking.ToArray());
        if (course?.Failure is { } failure && span.Status == ActivityStatusCode.Unset)
            span.Refused(failure);
        if (status >= 499)
            span.SetStatus(ActivityStatusCode.Error, status == 499 ? "the client went" : span.StatusDescription);
        span.Dispose();
    }
}
