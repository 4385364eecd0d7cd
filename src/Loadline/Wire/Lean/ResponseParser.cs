namespace Loadline.Wire.Lean;

/// <summary>What <see cref="ResponseParser.Next"/> found.</summary>
internal enum ResponseStep
{
    /// <summary>The bytes are used up; more are needed.</summary>
    More,

    /// <summary>The head has come.</summary>
    Head,

    /// <summary>A piece of the body has come.</summary>
    Body,

    /// <summary>The response is whole.</summary>
    End,

    /// <summary>It breaks HTTP.</summary>
    Malformed,

    /// <summary>Its head or its trailers are over the limit.</summary>
    TooLarge,
}

/// <summary>
/// Reads an HTTP/1.1 response as its bytes arrive, wherever they are split (RFC 9112). Pieces of the body are not copied. Interim responses (1xx) are passed over.
/// <code>
/// Head ─▶ Length ─────────────────────────────▶ Done
///   │ ├─▶ ChunkSize ─▶ ChunkData ─▶ ChunkEnd     ▲
///   │ │      ▲  │ 0          └────────┘ │        │
///   │ │      │  └──▶ Trailer ───────────┼────────┤
///   │ │      └──────────────────────────┘        │
///   │ └─▶ UntilClose ─▶ (the connection ends) ───┤
///   └────────────── no body ─────────────────────┘
/// </code>
/// </summary>
/// <remarks>Feed a chunk by calling <see cref="Next"/> until it returns More or something final. Proved by ResponseParserTests and HttpFuzzTests.</remarks>
internal sealed class ResponseParser(int maxHeadBytes) : IDisposable
{
    private const int MostInterim = 32;
    private const int MostSizeLineBytes = 4096;

    private readonly PooledBuffer _held = new(0);
    private State _state;
    private bool _toHead;
    private bool _pastSize;
    private int _digits;
    private int _lineBytes;
    private int _trailerBytes;
    private int _interim;
    private long _left;
    private ResponseHead _head;

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

    /// <summary>The head; valid from <see cref="ResponseStep.Head"/> on.</summary>
    internal ref readonly ResponseHead Head => ref _head;

    /// <summary>Whether no byte of a response has come.</summary>
    internal bool Untouched { get; private set; } = true;

    /// <summary>Begins a response.</summary>
    /// <param name="toHead">Whether it answers HEAD, and so has no body.</param>
    internal void Begin(bool toHead)
    {
        (_state, _toHead, _interim, Untouched) = (State.Head, toHead, 0, true);
        _held.Shrink();
    }

    /// <summary>Takes bytes from the front of a chunk up to the next thing of note.</summary>
    internal ResponseStep Next(ref ReadOnlySpan<byte> chunk, out ReadOnlySpan<byte> body)
    {
        body = default;
        while (true)
        {
            if (_state == State.Done)
                return ResponseStep.End;
            if (chunk.IsEmpty)
                return ResponseStep.More;
            Untouched = false;
            switch (_state)
            {
                case State.Head:
                    if (ReadHead(ref chunk) is { } step)
                        return step;
                    break;
                case State.Length:
                case State.ChunkData:
                    body = chunk[..(int)Math.Min(chunk.Length, _left)];
                    chunk = chunk[body.Length..];
                    if ((_left -= body.Length) == 0)
                        _state = _state == State.Length ? State.Done : State.ChunkEnd;
                    return ResponseStep.Body;
                case State.UntilClose:
                    body = chunk;
                    chunk = default;
                    return ResponseStep.Body;
                case State.ChunkSize:
                    if (!ReadChunkSize(ref chunk))
                        return ResponseStep.Malformed;
                    break;
                case State.ChunkEnd:
                    if (!ReadChunkEnd(ref chunk))
                        return ResponseStep.Malformed;
                    break;
                case State.Trailer:
                    if (!ReadTrailer(ref chunk))
                        return ResponseStep.TooLarge;
                    break;
            }
        }
    }

    /// <summary>The connection has ended.</summary>
    /// <returns>Whether the response is whole by that; otherwise it was cut.</returns>
    internal bool EndOfInput() => _state is State.UntilClose or State.Done;

    public void Dispose() => _held.Dispose();

    private ResponseStep? ReadHead(ref ReadOnlySpan<byte> chunk)
    {
        ReadOnlySpan<byte> whole;
        if (_held.Length == 0 && HeadEnd(chunk) is > 0 and var atOnce)
        {
            if (atOnce > maxHeadBytes)
                return ResponseStep.TooLarge;
            whole = chunk[..atOnce];
            chunk = chunk[atOnce..];
        }
        else
        {
            var from = Math.Max(0, _held.Length - 3);
            var before = _held.Length;
            _held.Append(chunk[..Math.Min(chunk.Length, maxHeadBytes + 1 - before)]);
            var end = HeadEnd(_held.Written[from..]);
            if (end < 0)
            {
                if (_held.Length > maxHeadBytes)
                    return ResponseStep.TooLarge;
                chunk = default;
                // What can't become a head is told at once, not when its sender gives up.
                return _held.Length >= 5 && !_held.Written.StartsWith("HTTP/"u8) ? ResponseStep.Malformed : ResponseStep.More;
            }
            whole = _held.Written[..(from + end)];
            chunk = chunk[(from + end - before)..];
        }
        var read = ResponseHead.TryRead(whole, _toHead, out _head);
        _held.Shrink();
        // 101 is the answer to a wish that we never utter.
        if (!read || _head.Status == 101)
            return ResponseStep.Malformed;
        if (_head.Status < 200)
            return ++_interim > MostInterim ? ResponseStep.Malformed : null;
        (_state, _left) = _head.Framing switch
        {
            BodyFraming.Length => (State.Length, _head.Length),
            BodyFraming.Chunked => (State.ChunkSize, 0),
            BodyFraming.UntilClose => (State.UntilClose, 0),
            _ => (State.Done, 0),
        };
        (_digits, _pastSize, _lineBytes, _trailerBytes) = (0, false, 0, 0);
        return ResponseStep.Head;
    }

    /// <summary>Where the head's empty line ends; −1 when it is not there.</summary>
    private static int HeadEnd(ReadOnlySpan<byte> bytes)
    {
        var standard = bytes.IndexOf("\n\r\n"u8);
        var bare = bytes[..(standard < 0 ? bytes.Length : standard + 1)].IndexOf("\n\n"u8);
        return bare >= 0 ? bare + 2 : standard >= 0 ? standard + 3 : -1;
    }

    // Hex digits, then perhaps blanks and an extension, then the line's end.
    private bool ReadChunkSize(ref ReadOnlySpan<byte> chunk)
    {
        while (!chunk.IsEmpty)
        {
            var next = chunk[0];
            chunk = chunk[1..];
            if (++_lineBytes > MostSizeLineBytes)
                return false;
            if (next == (byte)'\n')
            {
                if (_digits == 0)
                    return false;
                _state = _left == 0 ? State.Trailer : State.ChunkData;
                (_digits, _pastSize, _lineBytes) = (0, false, 0);
                return true;
            }
            if (_pastSize)
                continue;
            var digit = HexValue(next);
            if (digit >= 0)
            {
                // 15 digits are far beyond any limit, and can't overflow.
                if (++_digits > 15)
                    return false;
                _left = (_left << 4) | (uint)digit;
            }
            else if (_digits > 0 && next is (byte)';' or (byte)' ' or (byte)'\t' or (byte)'\r')
                _pastSize = true;
            else
                return false;
        }
        return true;
    }

    private bool ReadChunkEnd(ref ReadOnlySpan<byte> chunk)
    {
        var next = chunk[0];
        chunk = chunk[1..];
        if (next == (byte)'\r' && _lineBytes == 0)
        {
            _lineBytes = 1;
            return true;
        }
        (_state, _lineBytes) = (State.ChunkSize, 0);
        return next == (byte)'\n';
    }

    // Lines up to an empty one; nothing in them is of use here.
    private bool ReadTrailer(ref ReadOnlySpan<byte> chunk)
    {
        while (!chunk.IsEmpty)
        {
            var next = chunk[0];
            chunk = chunk[1..];
            if (++_trailerBytes > maxHeadBytes)
                return false;
            if (next == (byte)'\n')
            {
                if (_lineBytes == 0)
                {
                    _state = State.Done;
                    return true;
                }
                _lineBytes = 0;
            }
            else if (next != (byte)'\r')
                _lineBytes++;
        }
        return true;
    }

    private static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
