using System.Buffers;

namespace Loadline.Faults.Proxy;

/// <summary>Bytes in order of coming, each at one place in memory until it is taken: a queue on the shared pool, which it is given back to when it runs empty.</summary>
internal sealed class HeldBytes : IDisposable
{
    private byte[] _bytes = [];
    private int _start;
    private int _end;

    internal int Length => _end - _start;

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The first bytes. Valid until the next call of another method.</summary>
    internal ReadOnlySpan<byte> First(int count) => _bytes.AsSpan(_start, count);

    /// <summary>The first bytes after so many. Valid until the next call of another method.</summary>
    internal ReadOnlyMemory<byte> Slice(int start, int count) => _bytes.AsMemory(_start + start, count);

    internal void Take(int count)
    {
        _start += count;
        if (_start == _end)
            Dispose();
    }

    public void Dispose()
    {
        var bytes = _bytes;
        (_bytes, _start, _end) = ([], 0, 0);
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void MakeRoom(int count)
    {
        // Moved to the front where that frees half or more, so that each byte is moved a bounded number of times.
        var target = _start >= _bytes.Length / 2 && Length + count <= _bytes.Length
            ? _bytes
            : ArrayPool<byte>.Shared.Rent(Math.Max(Length + count, Math.Max(512, _bytes.Length * 2)));
        var held = Length;
        _bytes.AsSpan(_start, held).CopyTo(target);
        if (!ReferenceEquals(target, _bytes) && _bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _start, _end) = (target, 0, held);
    }
}
