using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Rag.Gateway;

/// <summary>
/// Writes server-sent events straight into the response's pipe. Nothing is sent before <see cref="FlushAsync"/>: the caller flushes when it would have
/// to wait for more, so tokens that are there together travel together and a lone one leaves at once.
/// </summary>
internal sealed class EventWriter
{
    private static readonly SearchValues<char> NeedEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(c => (char)c), '"', '\\', '\u007f', '\u0085', '\u2028', '\u2029', .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

    private readonly PipeWriter _pipe;

    public EventWriter(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold tokens back
        _pipe = response.BodyWriter;
    }

    /// <summary>Writes <c>head</c>, the text as a JSON string's inside, and <c>tail</c>.</summary>
    public void Text(ReadOnlySpan<byte> head, string text, ReadOnlySpan<byte> tail)
    {
        if (text.AsSpan().ContainsAny(NeedEscape))
            text = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text);
        var most = head.Length + Encoding.UTF8.GetMaxByteCount(text.Length) + tail.Length;
        var span = _pipe.GetSpan(most);
        head.CopyTo(span);
        var length = head.Length;
        length += Encoding.UTF8.GetBytes(text, span[length..]);
        tail.CopyTo(span[length..]);
        _pipe.Advance(length + tail.Length);
    }

    /// <summary>Writes <c>head</c>, a value as JSON, and the blank line that ends the event.</summary>
    public void Json<T>(ReadOnlySpan<byte> head, T value, JsonTypeInfo<T> type)
    {
        _pipe.Write(head);
        _pipe.Write(JsonSerializer.SerializeToUtf8Bytes(value, type));
        _pipe.Write("\n\n"u8);
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => _pipe.Write(bytes);

    /// <summary>Sends what was written; waits while the client takes no more.</summary>
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) => _pipe.FlushAsync(cancellationToken);
}
