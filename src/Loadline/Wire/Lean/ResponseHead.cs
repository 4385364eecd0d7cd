using System.Buffers;
using System.Buffers.Text;

namespace Loadline.Wire.Lean;

/// <summary>How the end of a body is known (RFC 9112, section 6.3).</summary>
internal enum BodyFraming
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>By its length.</summary>
    Length,

    /// <summary>In chunks.</summary>
    Chunked,

    /// <summary>By the end of the connection.</summary>
    UntilClose,
}

/// <summary>What a response's head says, as far as a client needs it. Strict where a mistake would make it read another answer than the server wrote.</summary>
internal struct ResponseHead
{
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private bool _close;
    private bool _keepAlive;
    private bool _chunked;
    private bool _hasLength;
    private bool _framingField;

    /// <summary>The status, 100–999.</summary>
    internal int Status;

    /// <summary>Whether the connection lives on after the body.</summary>
    internal bool Persistent;

    /// <summary>Whether the content type is <c>application/json</c>.</summary>
    internal bool IsJson;

    /// <summary>How the body ends.</summary>
    internal BodyFraming Framing;

    /// <summary>The body's length; only with <see cref="BodyFraming.Length"/>.</summary>
    internal long Length;

    /// <summary><c>Retry-After</c> as it stands; null without.</summary>
    internal string? RetryAfter;

    /// <summary>Reads a head.</summary>
    /// <param name="bytes">All of it, up to and with the empty line.</param>
    /// <param name="toHead">Whether it answers HEAD.</param>
    /// <param name="head">What it says.</param>
    /// <returns>False when it is none.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, bool toHead, out ResponseHead head)
    {
        head = default;
        if (!TakeLine(ref bytes, out var line) || !head.ReadStatus(line))
            return false;
        while (TakeLine(ref bytes, out line) && line.Length > 0)
        {
            if (!head.ReadField(line))
                return false;
        }
        head.Decide(toHead);
        return true;
    }

    private static bool TakeLine(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> line)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            line = default;
            return false;
        }
        line = end > 0 && bytes[end - 1] == (byte)'\r' ? bytes[..(end - 1)] : bytes[..end];
        bytes = bytes[(end + 1)..];
        return true;
    }

    private bool ReadStatus(ReadOnlySpan<byte> line)
    {
        // HTTP/1.1 200 OK; the reason, and the blank before it, may be missing.
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || !IsDigit(line[7]) || line[8] != (byte)' ')
            return false;
        if (!IsDigit(line[9]) || !IsDigit(line[10]) || !IsDigit(line[11]) || (line.Length > 12 && line[12] != (byte)' '))
            return false;
        Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
        Persistent = line[7] != (byte)'0';
        return Status >= 100;
    }

    private bool ReadField(ReadOnlySpan<byte> line)
    {
        // Obsolete folding (RFC 9112, section 5.2) goes on with the field before it; of the fields that frame it could hide a length from one reader and show it to another.
        if (line[0] is (byte)' ' or (byte)'\t')
            return !_framingField;
        _framingField = false;
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes))
            return false;
        var name = line[..colon];
        var value = line[(colon + 1)..].Trim(" \t"u8);
        return name.Length switch
        {
            10 when Is(name, "connection"u8) => ReadConnection(value),
            11 when Is(name, "retry-after"u8) => ReadRetryAfter(value),
            12 when Is(name, "content-type"u8) => ReadContentType(value),
            14 when Is(name, "content-length"u8) => ReadLength(value),
            17 when Is(name, "transfer-encoding"u8) => ReadTransferEncoding(value),
            _ => true,
        };
    }

    private bool ReadConnection(ReadOnlySpan<byte> value)
    {
        foreach (var range in value.Split((byte)','))
        {
            var option = value[range].Trim(" \t"u8);
            _close |= Is(option, "close"u8);
            _keepAlive |= Is(option, "keep-alive"u8);
        }
        return true;
    }

    private bool ReadContentType(ReadOnlySpan<byte> value)
    {
        IsJson = value.Length >= 16 && Is(value[..16], "application/json"u8);
        return true;
    }

    private bool ReadRetryAfter(ReadOnlySpan<byte> value)
    {
        if (value.Length <= 64)
            RetryAfter = System.Text.Encoding.ASCII.GetString(value);
        return true;
    }

    private bool ReadLength(ReadOnlySpan<byte> value)
    {
        _framingField = true;
        // Said twice alike it counts once (RFC 9110, section 8.6); said differently nobody knows where the body ends.
        foreach (var range in value.Split((byte)','))
        {
            var part = value[range].Trim(" \t"u8);
            if (part.Length == 0 || !IsDigit(part[0]) || !Utf8Parser.TryParse(part, out long length, out var used) || used != part.Length)
                return false;
            if (_hasLength && length != Length)
                return false;
            (Length, _hasLength) = (length, true);
        }
        return true;
    }

    private bool ReadTransferEncoding(ReadOnlySpan<byte> value)
    {
        _framingField = true;
        // We ask for no coding but chunks; another one could not be read.
        if (_chunked || !Is(value, "chunked"u8))
            return false;
        _chunked = true;
        return true;
    }

    private void Decide(bool toHead)
    {
        Persistent = Persistent ? !_close : _keepAlive && !_close;
        if (toHead || Status is < 200 or 204 or 304)
            Framing = BodyFraming.None;
        else if (_chunked)
        {
            Framing = BodyFraming.Chunked;
            // Both at once is how answers are smuggled (RFC 9112, section 6.3): the chunks count, and the connection is not used again.
            Persistent &= !_hasLength;
        }
        else if (_hasLength)
            Framing = Length == 0 ? BodyFraming.None : BodyFraming.Length;
        else
            (Framing, Persistent) = (BodyFraming.UntilClose, false);
    }

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) => System.Text.Ascii.EqualsIgnoreCase(text, lowerCase);
}
