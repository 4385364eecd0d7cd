using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rag.Errors;

namespace Rag.Gateway;

/// <summary>Reads a JSON body within its limit.</summary>
internal static class JsonBody
{
    /// <summary>
    /// Bytes over its limit that are read of a body and thrown away. The readers here stop at the limit; but a client that still sends when its connection is closed sees a broken pipe and not the answer,
    /// so the server reads on behind the answer (nginx calls it a lingering close), for five seconds at most.
    /// </summary>
    private const long Discarded = 64 * 1024 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32 };

    public static async ValueTask<JsonDocument> ReadAsync(HttpContext context, int mostBytes, CancellationToken cancellationToken)
    {
        var type = context.Request.ContentType;
        if (!IsJson(type))
            throw new RagException(RagError.UnsupportedMedia, $"content type '{type ?? "(none)"}' is not supported here; send application/json");
        Limit(context, mostBytes);

        var reader = context.Request.BodyReader;
        byte[] body;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (read.Buffer.Length > mostBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge(mostBytes);
            }

            if (read.IsCompleted)
            {
                body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                break;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        context.Features.Get<RequestCourse>()?.Place.Begins();
        if (body.Length == 0)
            throw new InvalidRequestException("", "body: is empty; expected a JSON object");
        return Parse(body);
    }

    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8, Strict);
        }
        catch (JsonException error)
        {
            var reason = error.Message.Split(" LineNumber:")[0];
            throw new InvalidRequestException("", $"body: not valid JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: {reason}");
        }
    }

    /// <summary>Refuses at once what says that it is longer, and limits what the server reads of this request at all.</summary>
    public static void Limit(HttpContext context, long mostBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = mostBytes + Discarded;
        if (context.Request.ContentLength > mostBytes)
            throw TooLarge(mostBytes);
    }

    private static RagException TooLarge(long mostBytes) => new(RagError.TooLarge, $"the body is over {mostBytes} bytes, the limit of this request");

    private static bool IsJson(string? type)
    {
        if (type is null)
            return false;
        var media = type.AsSpan();
        if (media.IndexOf(';') is >= 0 and var end)
            media = media[..end];
        media = media.Trim();
        return media.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (media.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && media.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }
}
