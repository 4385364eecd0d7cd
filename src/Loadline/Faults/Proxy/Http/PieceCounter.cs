namespace Loadline.Faults.Proxy.Http;

/// <summary>Finds where events (WHATWG HTML 9.2) or lines of a body end, wherever its bytes are split. A block without data, such as a comment, is no event.</summary>
internal struct PieceCounter(Pieces pieces)
{
    private static ReadOnlySpan<byte> Data => "data"u8;

    private int _matched;
    private bool _lineHasBytes;
    private bool _hasData;
    private bool _afterReturn;

    /// <summary>Takes bytes up to the end of the next piece.</summary>
    /// <param name="bytes">The body's bytes.</param>
    /// <param name="ended">Whether a piece ends with the last of those taken.</param>
    /// <returns>How many were taken.</returns>
    internal int Take(ReadOnlySpan<byte> bytes, out bool ended)
    {
        ended = false;
        if (pieces == Pieces.None)
            return bytes.Length;
        for (var i = 0; i < bytes.Length; i++)
        {
            var next = bytes[i];
            if (next == (byte)'\n' && _afterReturn)
            {
                // The second byte of one line's end.
                _afterReturn = false;
                continue;
            }
            _afterReturn = next == (byte)'\r';
            if (next is not ((byte)'\n' or (byte)'\r'))
            {
                _matched = _matched >= 0 && _matched < Data.Length && next == Data[_matched] ? _matched + 1 : _matched == Data.Length && next == (byte)':' ? int.MaxValue : _matched == int.MaxValue ? _matched : -1;
                _lineHasBytes = true;
                continue;
            }
            var whole = pieces == Pieces.Lines ? _lineHasBytes : !_lineHasBytes && _hasData;
            _hasData = _lineHasBytes && (_hasData || _matched >= Data.Length);
            (_matched, _lineHasBytes) = (0, false);
            if (!whole)
                continue;
            _hasData = false;
            ended = true;
            // A CRLF that ends a piece belongs to it where its bytes have come together.
            if (_afterReturn && i + 1 < bytes.Length && bytes[i + 1] == (byte)'\n')
            {
                _afterReturn = false;
                i++;
            }
            return i + 1;
        }
        return bytes.Length;
    }
}
