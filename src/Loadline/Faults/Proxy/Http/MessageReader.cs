using Loadline.Wire;

namespace Loadline.Faults.Proxy.Http;

/// <summary>What <see cref="MessageReader.Next"/> found.</summary>
internal enum MessageStep
{
    /// <summary>The bytes are used up; more are needed. What could be a head is kept.</summary>
    More,

    /// <summary>A head: its bytes are <see cref="MessageReader.HeadBytes"/>.</summary>
    Head,

    /// <summary>Bytes of the body, or of what frames it.</summary>
    Body,

    /// <summary>The message is whole; no bytes.</summary>
    End,

    /// <summary>It isn't HTTP/1: what was kept is <see cref="MessageReader.HeadBytes"/>.</summary>
    Unread,
}

/// <summary>
/// Finds heads, bodies and ends of HTTP/1.1 messages in a stream (RFC 9112) as its bytes arrive, wherever they are split, without changing them: every byte comes
/// out again, in order. It is lenient: what a proxy doesn't understand is its ends' business.
/// </summary>
internal sealed class MessageReader(bool requests) : IDisposable
{
    private const int MostHeadBytes = 64 * 1024;

    private readonly PooledBuffer _held = new(0);
    private State _state;
    private bool _headGiven;
    private long _left;
    private bool _pastSize;
    private int _lineBytes;

    private enum State
    {
        Head,
        Length,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailer,
        UntilClose,
        Done,
    }

    /// <summary>The head's bytes, or what was kept of one. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> HeadBytes => _held.Written;

    /// <summary>What has come of a head that isn't whole. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Kept => _headGiven ? default : _held.Written;

    /// <summary>What the head says.</summary>
    internal MessageHead Head { get; private set; }

    /// <summary>Takes bytes from the front of a chunk up to the next thing of note.</summary>
    /// <param name="chunk">What has come; what is taken is taken from its front.</param>
    /// <param name="bytes">What was taken, of a body and its frame.</param>
    /// <param name="isData">Whether that is the body's own, not its frame.</param>
    internal MessageStep Next(ref ReadOnlySpan<byte> chunk, out ReadOnlySpan<byte> bytes, out bool isData)
    {
        bytes = default;
        isData = false;
        if (_headGiven)
        {
            _held.Shrink();
            _headGiven = false;
        }
        if (_state == State.Done)
        {
            _state = State.Head;
            return MessageStep.End;
        }
        if (chunk.IsEmpty)
            return MessageStep.More;
        if (_state == State.Head)
            return ReadHead(ref chunk);
        isData = _state is State.Length or State.ChunkData or State.UntilClose;
        var count = _state switch
        {
            State.UntilClose => chunk.Length,
            State.Length or State.ChunkData => (int)Math.Min(chunk.Length, _left),
            State.ChunkSize => ReadSize(chunk),
            State.ChunkEnd => ReadChunkEnd(chunk),
            _ => ReadTrailer(chunk),
        };
        if (isData && _state != State.UntilClose && (_left -= count) == 0)
            (_state, _lineBytes) = (_state == State.Length ? State.Done : State.ChunkEnd, 0);
        bytes = chunk[..count];
        chunk = chunk[count..];
        return MessageStep.Body;
    }

    /// <summary>The head that was given has no body, whatever it says: it answers HEAD, or is an answer without one.</summary>
    internal void SkipBody() => _state = State.Done;

    /// <summary>The head that was given was an interim one: another follows for the same request.</summary>
    internal void ExpectHead() => _state = State.Head;

    /// <summary>Forgets what was kept of a head: it has been passed on.</summary>
    internal void Clear() => _held.Shrink();

    public void Dispose() => _held.Dispose();

    private MessageStep ReadHead(ref ReadOnlySpan<byte> chunk)
    {
        // Blank lines before a request are allowed (RFC 9112, 2.2) and pass with its head.
        var from = Math.Max(0, _held.Length - 3);
        var before = _held.Length;
        _held.Append(chunk[..Math.Min(chunk.Length, MostHeadBytes + 1 - before)]);
        var end = HeadEnd(_held.Written, from);
        if (end < 0)
        {
            chunk = chunk[(_held.Length - before)..];
            return _held.Length > MostHeadBytes || !MayBecomeHead(_held.Written.TrimStart("\r\n"u8)) ? GiveUp() : MessageStep.More;
        }
        _held.Truncate(end);
        chunk = chunk[(end - before)..];
        if (!MessageHead.TryRead(_held.Written.TrimStart("\r\n"u8), requests, out var head))
            return GiveUp();
        Head = head;
        _headGiven = true;
        (_left, _pastSize, _lineBytes) = (head.Length ?? 0, false, 0);
        _state = head.Chunked ? State.ChunkSize
            : head.Length is > 0 ? State.Length
            : head.Length is 0 || requests || head.Status is 204 or 304 ? State.Done
            : State.UntilClose;
        if (_state != State.ChunkSize && head.Status is 204 or 304)
            _state = State.Done;
        return MessageStep.Head;
    }

    private MessageStep GiveUp()
    {
        _headGiven = true;
        return MessageStep.Unread;
    }

    private bool MayBecomeHead(ReadOnlySpan<byte> bytes) => requests
        ? bytes[..Math.Min(bytes.Length, 20)] is var start && start.IndexOf((byte)' ') is var space && !start[..(space < 0 ? start.Length : space)].ContainsAnyExceptInRange((byte)'A', (byte)'Z') && (space >= 0 || bytes.Length < 20)
        : "HTTP/1."u8.StartsWith(bytes[..Math.Min(7, bytes.Length)]);

    /// <summary>Where the empty line ends, not counting blank lines at the very start; −1 when it is not there.</summary>
    private static int HeadEnd(ReadOnlySpan<byte> bytes, int from)
    {
        var blank = bytes.Length - bytes.TrimStart("\r\n"u8).Length;
        from = Math.Max(from, blank);
        var rest = bytes[from..];
        var standard = rest.IndexOf("\n\r\n"u8);
        var bare = rest[..(standard < 0 ? rest.Length : standard + 1)].IndexOf("\n\n"u8);
        return bare >= 0 ? from + bare + 2 : standard >= 0 ? from + standard + 3 : -1;
    }

    private int ReadSize(ReadOnlySpan<byte> chunk)
    {
        for (var i = 0; i < chunk.Length; i++)
        {
            if (chunk[i] == (byte)'\n')
            {
                (_state, _pastSize, _lineBytes) = (_left == 0 ? State.Trailer : State.ChunkData, false, 0);
                return i + 1;
            }
            var digit = _pastSize ? -1 : HexValue(chunk[i]);
            _pastSize |= digit < 0;
            if (digit >= 0)
                _left = ((_left & 0x00FF_FFFF_FFFF_FFFF) << 4) | (uint)digit;
        }
        return chunk.Length;
    }

    private int ReadChunkEnd(ReadOnlySpan<byte> chunk)
    {
        var end = chunk.IndexOf((byte)'\n');
        if (end < 0)
            return chunk.Length;
        (_state, _left) = (State.ChunkSize, 0);
        return end + 1;
    }

    private int ReadTrailer(ReadOnlySpan<byte> chunk)
    {
        for (var i = 0; i < chunk.Length; i++)
        {
            if (chunk[i] != (byte)'\n')
                _lineBytes += chunk[i] == (byte)'\r' ? 0 : 1;
            else if (_lineBytes == 0)
            {
                _state = State.Done;
                return i + 1;
            }
            else
                _lineBytes = 0;
        }
        return chunk.Length;
    }

    private static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
