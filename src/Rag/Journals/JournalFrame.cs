using System.Buffers.Binary;

namespace Rag.Journals;

/// <summary>
/// How records lie in a log file. One frame is one group commit, so a frame is durable before the next is begun:
/// only the last frame of the last file can be torn.
/// <code>
/// file   = "RAGLOG01" frame*
/// frame  = magic:u32 payload:u32 first:u64 crc(payload):u32 crc(the 20 bytes before):u32  payload
/// payload= ( length:u32 bytes )*          first = number of the frame's first record
/// </code>
/// </summary>
internal static class JournalFrame
{
    public const int HeaderBytes = 24;
    private const uint Magic = 0x4652474C;

    public static ReadOnlySpan<byte> FileMagic => "RAGLOG01"u8;

    public static void WriteHeader(Span<byte> header, ReadOnlySpan<byte> payload, long first)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], payload.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], first);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Crc32C.Of(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], Crc32C.Of(header[..20]));
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> header, out int payloadBytes, out long first, out uint crc)
    {
        payloadBytes = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        first = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        crc = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(header) == Magic
            && BinaryPrimitives.ReadUInt32LittleEndian(header[20..]) == Crc32C.Of(header[..20])
            && payloadBytes >= 0;
    }
}
