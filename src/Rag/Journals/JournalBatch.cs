using System.Buffers;
using System.Buffers.Binary;

namespace Rag.Journals;

/// <summary>Records that go to the disk together: one write, one fsync, one frame. Filled under the journal's lock, then owned by its writer thread.</summary>
/// <param name="fileFirst">First record of the log file it belongs to.</param>
/// <param name="first">Number of its first record.</param>
internal sealed class JournalBatch(long fileFirst, long first)
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 14);
    private int _used = JournalFrame.HeaderBytes;
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long FileFirst { get; } = fileFirst;

    public Task Durable => _durable.Task;

    /// <summary>Bytes of the whole frame so far.</summary>
    public int Bytes => _used;

    /// <summary>Bytes of the records alone.</summary>
    public long RecordBytes { get; private set; }

    public void Add(ReadOnlySpan<byte> record)
    {
        var needed = checked(_used + sizeof(int) + record.Length);
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _buffer.Length)));
            _buffer.AsSpan(0, _used).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_used), record.Length);
        record.CopyTo(_buffer.AsSpan(_used + sizeof(int)));
        _used = needed;
        RecordBytes += record.Length;
    }

    public ReadOnlySpan<byte> Seal()
    {
        JournalFrame.WriteHeader(_buffer.AsSpan(0, JournalFrame.HeaderBytes), _buffer.AsSpan(JournalFrame.HeaderBytes, _used - JournalFrame.HeaderBytes), first);
        return _buffer.AsSpan(0, _used);
    }

    public void Complete(Exception? failure)
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        if (failure is null)
            _durable.SetResult();
        else
            _durable.SetException(failure);
        _ = _durable.Task.Exception; // observed: nobody may be waiting for this batch
    }
}
