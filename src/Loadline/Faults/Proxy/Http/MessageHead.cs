using System.Buffers.Text;

namespace Loadline.Faults.Proxy.Http;

/// <summary>How a body comes in pieces that mean something.</summary>
internal enum Pieces
{
    /// <summary>It doesn't.</summary>
    None,

    /// <summary>Server-sent events.</summary>
    Events,

    /// <summary>A line each.</summary>
    Lines,
}

/// <summary>What the head of a request or a response says, as far as toxics and the finding of its end need it.</summary>
internal struct MessageHead
{
    /// <summary>Of a request: whether it is HEAD, whose response has no body.</summary>
    internal bool IsHead;

    /// <summary>Of a request: whether it asks for something else than HTTP to follow.</summary>
    internal bool LeavesHttp;

    /// <summary>Of a request: whether its client waits for leave before it sends the body.</summary>
    internal bool ExpectsContinue;

    /// <summary>Whether the connection ends after it, as far as its sender says.</summary>
    internal bool Closes;

    /// <summary>Of a response: its status.</summary>
    internal int Status;

    /// <summary>The body's length; null when it isn't said.</summary>
    internal long? Length;

    /// <summary>Whether the body is chunked.</summary>
    internal bool Chunked;

    /// <summary>Of a response: the pieces of its body.</summary>
    internal Pieces Pieces;

    /// <summary>Reads a head.</summary>
    /// <param name="bytes">All of it, up to and with the empty line.</param>
    /// <param name="isRequest">Whether it is a request's.</param>
    /// <param name="head">What it says.</param>
    /// <returns>False when it is no head of HTTP/1.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, bool isRequest, out MessageHead head)
    {
        head = default;
        var line = Line(ref bytes);
        if (!(isRequest ? head.ReadRequestLine(line) : head.ReadStatusLine(line)))
            return false;
        while (Line(ref bytes) is { IsEmpty: false } field)
        {
            var colon = field.IndexOf((byte)':');
            if (colon <= 0 || !head.ReadField(field[..colon], field[(colon + 1)..].Trim(" \t"u8)))
                return false;
        }
        return true;
    }

    /// <summary>Whether bytes may be the start of a request: so a connection that carries something else is told from HTTP at once.</summary>
    internal static bool LooksLikeRequest(ReadOnlySpan<byte> bytes)
    {
        var line = bytes.IndexOf((byte)'\n');
        if (line < 0)
            return false;
        MessageHead head = default;
        return head.ReadRequestLine(bytes[..line].TrimEnd((byte)'\r'));
    }

    private static ReadOnlySpan<byte> Line(ref ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var line = end < 0 ? bytes : bytes[..end];
        bytes = end < 0 ? default : bytes[(end + 1)..];
        return line.TrimEnd((byte)'\r');
    }

    private bool ReadRequestLine(ReadOnlySpan<byte> line)
    {
        var method = line[..Math.Max(0, line.IndexOf((byte)' '))];
        if (method.IsEmpty || method.Length > 20 || method.ContainsAnyExceptInRange((byte)'A', (byte)'Z'))
            return false;
        IsHead = method.SequenceEqual("HEAD"u8);
        LeavesHttp = method.SequenceEqual("CONNECT"u8);
        Closes = line.EndsWith(" HTTP/1.0"u8);
        return Closes || line.EndsWith(" HTTP/1.1"u8);
    }

    private bool ReadStatusLine(ReadOnlySpan<byte> line)
    {
        Closes = line.StartsWith("HTTP/1.0 "u8);
        return (Closes || line.StartsWith("HTTP/1.1 "u8)) && Utf8Parser.TryParse(line[9..], out Status, out var digits) && digits == 3;
    }

    private bool ReadField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Is(name, "content-length"u8))
        {
            if (!Utf8Parser.TryParse(value, out long length, out var read) || read != value.Length || length < 0 || (Length is { } before && before != length))
                return false;
            Length = length;
        }
        else if (Is(name, "transfer-encoding"u8))
            Chunked = Says(value, "chunked"u8);
        else if (Is(name, "connection"u8))
            Closes = Says(value, "close"u8) || (Closes && !Says(value, "keep-alive"u8));
        else if (Is(name, "expect"u8))
            ExpectsContinue = Says(value, "100-continue"u8);
        else if (Is(name, "upgrade"u8))
            LeavesHttp = true;
        else if (Is(name, "content-type"u8))
            Pieces = Says(value, "text/event-stream"u8) ? Pieces.Events : Says(value, "ndjson"u8) || Says(value, "jsonl"u8) || Says(value, "stream+json"u8) ? Pieces.Lines : Pieces.None;
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) => name.Length == lower.Length && Says(name, lower);

    private static bool Says(ReadOnlySpan<byte> value, ReadOnlySpan<byte> lower)
    {
        for (; value.Length >= lower.Length; value = value[1..])
        {
            if (System.Text.Ascii.EqualsIgnoreCase(value[..lower.Length], lower))
                return true;
        }
        return false;
    }
}
