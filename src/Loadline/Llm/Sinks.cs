using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Loadline.Llm;

/// <summary>An answer that is sent whole: nothing to do while it is made.</summary>
internal sealed class WholeSink : ITokenSink
{
    public static WholeSink Instance { get; } = new();

    public int Write(int from, int to, bool last) => to - from;
}

/// <summary>
/// Writes tokens as server-sent events straight into the response's pipe. A flush that does not end at once means that the client reads too slowly:
/// until it ends nothing more is written, and what falls due meanwhile goes out together afterwards.
/// </summary>
internal sealed class StreamSink(HttpResponse response, OpenAiFormat format, TokenText text, byte[] end) : ITokenSink
{
    // A pipe's block is 4 KiB; with what chunked encoding adds, more would be allocated.
    private const int MostAtOnce = 2048;
    // So many tokens between flushes, however many are due: a client that is behind must be noticed.
    private const int Batch = 64;
    private PipeWriter? _pipe;
    private Task? _flushing;
    private bool _ended;

    public int Write(int from, int to, bool last)
    {
        var next = from;
        while (next < to && _flushing is not { IsCompleted: false })
        {
            var end = Math.Min(next + Batch, to);
            Put(next, end, last && end == to);
            next = end;
            // The last tokens need no flush of their own: the response's end flushes them, with its own bytes.
            if (last && end == to)
                break;
            var flush = _pipe!.FlushAsync();
            _flushing = flush.IsCompleted ? null : flush.AsTask();
            if (_flushing is null)
                _ = flush.GetAwaiter().GetResult();
        }
        return next - from;
    }

    /// <summary>Writes what the client is still owed from token <paramref name="from"/> on, at the client's pace.</summary>
    public async Task DrainAsync(int from, int to, CancellationToken cancellationToken)
    {
        if (_flushing is not null)
            await _flushing.WaitAsync(cancellationToken);
        for (; from < to; from += Batch)
        {
            Put(from, Math.Min(from + Batch, to), last: false);
            await _pipe!.FlushAsync(cancellationToken);
        }
        if (!_ended)
            Put(end);
    }

    private void Put(int from, int to, bool last)
    {
        if (_pipe is null)
        {
            response.ContentType = "text/event-stream; charset=utf-8";
            response.Headers.CacheControl = "no-cache";
            _pipe = response.BodyWriter;
            Put(Encoding.UTF8.GetBytes(format.RoleEvent()));
        }
        for (var token = from; token < to; token++)
            PutToken(text[token]);
        if (last)
        {
            Put(end);
            _ended = true;
        }
    }

    private void PutToken(ReadOnlySpan<byte> token)
    {
        var (prefix, suffix) = (format.Prefix, format.Suffix);
        var length = prefix.Length + token.Length + suffix.Length;
        if (length > MostAtOnce) // a model's name can be of any length
        {
            Put(prefix);
            Put(token);
            Put(suffix);
            return;
        }
        var span = _pipe!.GetSpan(length);
        prefix.CopyTo(span);
        token.CopyTo(span[prefix.Length..]);
        suffix.CopyTo(span[(prefix.Length + token.Length)..]);
        _pipe.Advance(length);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, MostAtOnce)];
            part.CopyTo(_pipe!.GetSpan(part.Length));
            _pipe.Advance(part.Length);
            bytes = bytes[part.Length..];
        }
    }
}
