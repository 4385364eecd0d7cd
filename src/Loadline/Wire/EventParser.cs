using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>
/// Splits a stream into events as its bytes arrive, wherever they are split: server-sent events (WHATWG HTML 9.2: LF, CR or CRLF, comments, several data
/// lines, names) or a JSON value a line. Ids and retry times are ignored: nothing here reconnects.
/// </summary>
/// <remarks>Used again for one stream after another: <see cref="Begin"/>. Feed a chunk by calling <see cref="Next"/> until it returns false; then <see cref="End"/> once when the body has ended.</remarks>
internal sealed class EventParser(int maxEventBytes) : IDisposable
{
    private readonly PooledBuffer _line = new(256);
    private readonly PooledBuffer _data = new(512);
    private StreamFraming _framing;
    private byte[] _name = [];
    private byte[] _lastName = [];
    private bool _hasData;
    private bool _delivered;
    private bool _skipLineFeed;
    private bool _first = true;

    /// <summary>The event's name; empty when it has none. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Name => _name;

    /// <summary>The event's data. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Data => _data.Written;

    /// <summary>Begins a stream.</summary>
    internal void Begin(StreamFraming framing)
    {
        _framing = framing;
        (_first, _skipLineFeed) = (true, false);
        _line.Clear();
        Reset();
    }

    /// <summary>Gives long buffers back; <see cref="Begin"/> starts anew.</summary>
    internal void Release()
    {
        _line.Shrink();
        _data.Shrink();
    }

    /// <summary>Takes bytes from the front of a chunk up to the end of the next event.</summary>
    /// <returns>Whether there is an event; false when the chunk is used up.</returns>
    /// <exception cref="EventTooLargeException">A line or an event is over the limit.</exception>
    internal bool Next(ref ReadOnlySpan<byte> chunk)
    {
        if (_delivered)
            Reset();
        while (chunk.Length > 0)
        {
            if (_skipLineFeed)
            {
                _skipLineFeed = false;
                if (chunk[0] == (byte)'\n')
                {
                    chunk = chunk[1..];
                    continue;
                }
            }
            var end = chunk.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                Keep(chunk);
                chunk = default;
                return false;
            }
            var line = chunk[..end];
            _skipLineFeed = chunk[end] == (byte)'\r';
            chunk = chunk[(end + 1)..];
            if (_line.Length > 0)
            {
                Keep(line);
                _delivered = TakeLine(_line.Written);
                _line.Clear();
            }
            else
                _delivered = TakeLine(line);
            if (_delivered)
                return true;
        }
        return false;
    }

    /// <summary>The body has ended. Many servers leave the last line's end out; what stands there counts as an event.</summary>
    /// <returns>Whether there is a last event.</returns>
    internal bool End()
    {
        if (_delivered)
            Reset();
        if (_line.Length > 0 && TakeLine(_line.Written))
            return true;
        return _hasData;
    }

    public void Dispose()
    {
        _line.Dispose();
        _data.Dispose();
    }

    private void Reset()
    {
        _delivered = false;
        _hasData = false;
        _name = [];
        _data.Clear();
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_line.Length + part.Length > maxEventBytes)
            throw new EventTooLargeException();
        _line.Append(part);
    }

    /// <summary>Takes a whole line; true when it completes an event.</summary>
    private bool TakeLine(ReadOnlySpan<byte> line)
    {
        if (_first)
        {
            _first = false;
            if (line.StartsWith("\uFEFF"u8))
                line = line[3..];
        }
        if (_framing == StreamFraming.Ndjson)
        {
            line = line.Trim(" \t"u8);
            if (line.IsEmpty)
                return false;
            AppendData(line);
            return true;
        }
        if (line.IsEmpty)
        {
            if (_hasData)
                return true;
            // A name without data is no event; the name doesn't carry over to the next one.
            _name = [];
            return false;
        }
        var colon = line.IndexOf((byte)':');
        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? default : line[(colon + 1)..];
        if (value.Length > 0 && value[0] == (byte)' ')
            value = value[1..];
        if (field.SequenceEqual("data"u8))
        {
            if (_hasData)
                AppendData("\n"u8);
            AppendData(value);
        }
        else if (field.SequenceEqual("event"u8))
            _name = Interned(value);
        return false;
    }

    private void AppendData(ReadOnlySpan<byte> value)
    {
        if (_data.Length + value.Length > maxEventBytes)
            throw new EventTooLargeException();
        _data.Append(value);
        _hasData = true;
    }

    // Streams repeat a few names: the last one is kept, so that a token costs no allocation.
    private byte[] Interned(ReadOnlySpan<byte> name)
    {
        if (!name.SequenceEqual(_lastName))
            _lastName = name.ToArray();
        return _lastName;
    }
}

/// <summary>A line or an event is over the limit.</summary>
internal sealed class EventTooLargeException : Exception;
