using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Rag.Filters;
using Rag.Journals;
using Rag.Keywords.Index;

namespace Rag.Keywords.Store;

/// <summary>
/// One write as it lies in the log: a document's chunks, or its deletion (no title, metadata and chunks then).
/// <code>
/// kind:u8 version:i32 tenant id [title metadata:( count:i32 (key type:u8 value)* ) chunks:( count:i32 text* )]     text = bytes:i32 UTF-8
/// </code>
/// </summary>
internal static class DocumentRecord
{
    private const byte Replace = 1, Delete = 2;
    private const byte TextValue = 0, NumberValue = 1, FlagValue = 2;

    public static byte[] Encode(DocumentChunks document)
    {
        var size = 64 + 3 * (document.Tenant.Length + document.DocumentId.Length + document.Title.Length);
        foreach (var chunk in document.Chunks)
            size += 4 + Encoding.UTF8.GetByteCount(chunk);
        var output = new ArrayBufferWriter<byte>(size);
        WriteHead(output, Replace, document.Tenant, document.DocumentId, document.Version);
        WriteText(output, document.Title);
        WriteMetadata(output, document.Metadata);
        WriteInt(output, document.Chunks.Count);
        foreach (var chunk in document.Chunks)
            WriteText(output, chunk);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] EncodeDeletion(string tenant, string documentId, int version)
    {
        var output = new ArrayBufferWriter<byte>(64);
        WriteHead(output, Delete, tenant, documentId, version);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads whose record it is, and no further.</summary>
    public static (string Tenant, string Id, int Version) DecodeName(ReadOnlySpan<byte> record)
    {
        var reader = new Reader(record);
        reader.Byte();
        var version = reader.Int();
        return (reader.Text(), reader.Text(), version);
    }

    /// <summary>Reads all but the chunks' texts, whose places it notes. <see cref="ChunkSpot.Length"/> is 0 until they are analysed.</summary>
    public static IndexedDocument Decode(ReadOnlySpan<byte> record, long place)
    {
        var reader = new Reader(record);
        var kind = reader.Byte();
        var version = reader.Int();
        var tenant = reader.Text();
        var id = reader.Text();
        if (kind == Delete)
            return new IndexedDocument { Tenant = tenant, Id = id, Version = version, IsDeleted = true, Checksum = Crc32C.Of(record), RecordBytes = record.Length, Place = place };

        var title = reader.Text();
        var metadata = reader.Metadata();
        var chunks = new ChunkSpot[reader.Int()];
        for (var i = 0; i < chunks.Length; i++)
        {
            var bytes = reader.Int();
            chunks[i] = new ChunkSpot(reader.At, bytes, 0);
            reader.At += bytes;
        }

        return new IndexedDocument
        {
            Tenant = tenant,
            Id = id,
            Version = version,
            IsDeleted = false,
            Title = title,
            Metadata = metadata,
            Chunks = chunks,
            Checksum = Crc32C.Of(record),
            RecordBytes = record.Length,
            Place = place,
        };
    }

    internal static void WriteMetadata(IBufferWriter<byte> output, IReadOnlyDictionary<string, MetadataValue> metadata)
    {
        WriteInt(output, metadata.Count);
        foreach (var (key, value) in metadata)
        {
            WriteText(output, key);
            if (value.Text is { } text)
            {
                WriteByte(output, TextValue);
                WriteText(output, text);
            }
            else if (value.Number is { } number)
            {
                WriteByte(output, NumberValue);
                BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(8), number);
                output.Advance(8);
            }
            else
            {
                WriteByte(output, FlagValue);
                WriteByte(output, value.Flag == true ? (byte)1 : (byte)0);
            }
        }
    }

    internal static void WriteText(IBufferWriter<byte> output, string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        WriteInt(output, bytes);
        output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(Math.Max(bytes, 1))));
    }

    internal static void WriteInt(IBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    private static void WriteHead(IBufferWriter<byte> output, byte kind, string tenant, string documentId, int version)
    {
        WriteByte(output, kind);
        WriteInt(output, version);
        WriteText(output, tenant);
        WriteText(output, documentId);
    }

    private static void WriteByte(IBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>Reads what the writers above wrote.</summary>
    internal ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        public int At;

        public byte Byte() => _bytes[At++];

        public int Int()
        {
            var value = BinaryPrimitives.ReadInt32LittleEndian(_bytes[At..]);
            At += 4;
            return value;
        }

        public string Text()
        {
            var length = Int();
            var text = Encoding.UTF8.GetString(_bytes.Slice(At, length));
            At += length;
            return text;
        }

        public IReadOnlyDictionary<string, MetadataValue> Metadata()
        {
            var count = Int();
            var metadata = new Dictionary<string, MetadataValue>(count, StringComparer.Ordinal);
            for (var i = 0; i < count; i++)
            {
                var key = Text();
                metadata[key] = Byte() switch
                {
                    TextValue => Text(),
                    NumberValue => Number(),
                    _ => Byte() == 1,
                };
            }

            return metadata;
        }

        private double Number()
        {
            var value = BinaryPrimitives.ReadDoubleLittleEndian(_bytes[At..]);
            At += 8;
            return value;
        }
    }
}
