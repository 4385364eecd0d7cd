using System.Buffers.Binary;

namespace Rag.Journals;

/// <summary>Writes a snapshot in checksummed blocks, so that a reader notices any damage and any cut.</summary>
/// <remarks><c>file = "RAGSNAP1" ( length:u32 crc:u32 bytes )* end:u32=0xFFFFFFFF crc(total):u32 total:u64</c></remarks>
internal sealed class SnapshotWriteStream : Stream
{
    public const int BlockBytes = 1 << 18;
    public const int BlockHeaderBytes = 8;
    public const uint End = uint.MaxValue;

    private readonly Stream _file;
    private readonly byte[] _block = new byte[BlockHeaderBytes + BlockBytes];
    private int _used;
    private long _total;

    public SnapshotWriteStream(Stream file)
    {
        _file = file;
        _file.Write(FileMagic);
    }

    public static ReadOnlySpan<byte> FileMagic => "RAGSNAP1"u8;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => _total + _used;
    public override long Position { get => Length; set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var part = buffer[..Math.Min(buffer.Length, BlockBytes - _used)];
            part.CopyTo(_block.AsSpan(BlockHeaderBytes + _used));
            _used += part.Length;
            buffer = buffer[part.Length..];
            if (_used == BlockBytes)
                WriteBlock();
        }
    }

    /// <summary>Writes what is left and the end mark; without it the file counts as cut off.</summary>
    public void Complete()
    {
        WriteBlock();
        Span<byte> end = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(end, End);
        BinaryPrimitives.WriteInt64LittleEndian(end[8..], _total);
        BinaryPrimitives.WriteUInt32LittleEndian(end[4..], Crc32C.Of(end[8..]));
        _file.Write(end);
        _file.Flush();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    private void WriteBlock()
    {
        if (_used == 0)
            return;
        var bytes = _block.AsSpan(BlockHeaderBytes, _used);
        BinaryPrimitives.WriteInt32LittleEndian(_block, _used);
        BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(4), Crc32C.Of(bytes));
        _file.Write(_block, 0, BlockHeaderBytes + _used);
        _total += _used;
        _used = 0;
    }
}

/// <summary>Reads what <see cref="SnapshotWriteStream"/> wrote; damage is a <see cref="JournalException"/> that names file and offset.</summary>
internal sealed class SnapshotReadStream : Stream
{
    private readonly FileStream _file;
    private readonly byte[] _block = new byte[SnapshotWriteStream.BlockBytes];
    private int _at, _used;
    private long _total;
    private bool _ended;

    public SnapshotReadStream(FileStream file)
    {
        _file = file;
        Span<byte> magic = stackalloc byte[8];
        if (_file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.SequenceEqual(SnapshotWriteStream.FileMagic))
            throw Damaged(0, "this is not a snapshot of this version");
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => _total - (_used - _at); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_at == _used && !ReadBlock())
            return 0;
        var count = Math.Min(buffer.Length, _used - _at);
        _block.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    /// <summary>Checks that nothing is left unread and the end mark is there.</summary>
    public void ExpectEnd()
    {
        if (_at != _used || ReadBlock())
            throw Damaged(_file.Position, "more data than the index reads: it was written by another version");
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool ReadBlock()
    {
        if (_ended)
            return false;
        var offset = _file.Position;
        Span<byte> header = stackalloc byte[8];
        ReadPart(header, offset);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (length == SnapshotWriteStream.End)
        {
            Span<byte> total = stackalloc byte[8];
            ReadPart(total, offset);
            if (Crc32C.Of(total) != crc || BinaryPrimitives.ReadInt64LittleEndian(total) != _total)
                throw Damaged(offset, "the end mark doesn't fit the data");
            _ended = true;
            return false;
        }

        if (length is 0 or > SnapshotWriteStream.BlockBytes)
            throw Damaged(offset, $"a block claims {length} bytes, which is not 1–{SnapshotWriteStream.BlockBytes}");
        var block = _block.AsSpan(0, (int)length);
        ReadPart(block, offset);
        if (Crc32C.Of(block) != crc)
            throw Damaged(offset, "a block has a wrong checksum");
        (_at, _used) = (0, block.Length);
        _total += block.Length;
        return true;
    }

    private void ReadPart(Span<byte> part, long offset)
    {
        if (_file.ReadAtLeast(part, part.Length, throwOnEndOfStream: false) < part.Length)
            throw Damaged(offset, "the file is cut off");
    }

    private JournalException Damaged(long offset, string what) => new(
        $"{_file.Name}: damaged at byte {offset} of {_file.Length}: {what}. "
        + "Restore the folder from a backup, or move it away and index the documents again; nothing was changed");
}
