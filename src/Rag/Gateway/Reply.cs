using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Rag.Errors;

namespace Rag.Gateway;

/// <summary>Writes whole responses.</summary>
internal static class Reply
{
    /// <summary>A small JSON body: made whole, sent with its length in one write.</summary>
    public static async Task JsonAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>A body that may be large: written through as it is made.</summary>
    public static async Task LargeJsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.BodyWriter, value, type, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>An error, in the format of the path's face.</summary>
    public static Task ErrorAsync(HttpContext context, Exception error, Face face)
    {
        var problem = Problem.Of(error, context.TraceIdentifier);
        var headers = context.Response.Headers;
        if (problem.Status == 401)
            headers.WWWAuthenticate = "Bearer";
        if ((error as RagException)?.RetryAfter is { } after)
            headers.RetryAfter = Math.Max(1, Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        else if (problem.Status == 503)
            headers.RetryAfter = "1";
        return face == Face.OpenAi
            ? JsonAsync(context, problem.Status, OpenAiError.Of(problem), GatewayJson.Wire.OpenAiError)
            : JsonAsync(context, problem.Status, problem, GatewayJson.Wire.Problem, "application/problem+json");
    }
}

/// <summary>Whose habits a path follows.</summary>
internal enum Face
{
    /// <summary>Our own: problem details.</summary>
    Rag,

    /// <summary>OpenAI's: <c>{"error":{…}}</c>.</summary>
    OpenAi,
}
