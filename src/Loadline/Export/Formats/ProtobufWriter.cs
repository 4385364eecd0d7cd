using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Loadline.Export.Formats;

/// <summary>Writes the few kinds of fields that Prometheus's messages have, as protobuf.dev/programming-guides/encoding lays them out. Fields with the type's default are written like any other.</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2;

    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    /// <summary>An integer that is not negative.</summary>
    public void UInt(int field, ulong value)
    {
        Tag(field, Varint);
        Raw(value);
    }

    /// <summary>An integer of either sign (sint32, sint64).</summary>
    public void SInt(int field, long value) => UInt(field, ZigZag(value));

    /// <summary>A plain int64: a time in milliseconds.</summary>
    public void Int(int field, long value) => UInt(field, (ulong)value);

    /// <summary>A double.</summary>
    public void Double(int field, double value)
    {
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    /// <summary>A text.</summary>
    public void Text(int field, string value)
    {
        Tag(field, LengthDelimited);
        var length = Encoding.UTF8.GetByteCount(value);
        Raw((ulong)length);
        Encoding.UTF8.GetBytes(value, _bytes.GetSpan(Math.Max(1, length)));
        _bytes.Advance(length);
    }

    /// <summary>Integers of either sign in one field (packed).</summary>
    public void PackedSInts(int field, IReadOnlyList<long> values)
    {
        var packed = new ProtobufWriter();
        foreach (var value in values)
            packed.Raw(ZigZag(value));
        Message(field, packed);
    }

    /// <summary>A message within this one.</summary>
    public void Message(int field, ProtobufWriter message)
    {
        Tag(field, LengthDelimited);
        Delimited(message);
    }

    /// <summary>A message behind its length, as a stream of messages has them.</summary>
    public void Delimited(ProtobufWriter message)
    {
        Raw((ulong)message._bytes.WrittenCount);
        _bytes.Write(message._bytes.WrittenSpan);
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private void Tag(int field, int wire) => Raw((ulong)((field << 3) | wire));

    private void Raw(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
