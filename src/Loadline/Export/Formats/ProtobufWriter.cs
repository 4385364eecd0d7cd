using Google.Protobuf;

namespace Loadline.Export.Formats;

/// <summary>
/// A message of Prometheus's, field by field: its schemas are a few fields deep, and no generated classes stand between a run's numbers and the wire. Fields with the type's default are written like
/// any other.
/// </summary>
internal sealed class ProtobufWriter
{
    private readonly MemoryStream _bytes = new();
    private readonly CodedOutputStream _output;

    public ProtobufWriter() => _output = new CodedOutputStream(_bytes, bufferSize: 128, leaveOpen: true);

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written
    {
        get
        {
            _output.Flush();
            return _bytes.GetBuffer().AsMemory(0, (int)_bytes.Length);
        }
    }

    /// <summary>An integer that is not negative.</summary>
    public void UInt(int field, ulong value)
    {
        _output.WriteTag(field, WireFormat.WireType.Varint);
        _output.WriteUInt64(value);
    }

    /// <summary>An integer of either sign (sint32, sint64).</summary>
    public void SInt(int field, long value)
    {
        _output.WriteTag(field, WireFormat.WireType.Varint);
        _output.WriteSInt64(value);
    }

    /// <summary>A plain int64: a time in milliseconds.</summary>
    public void Int(int field, long value)
    {
        _output.WriteTag(field, WireFormat.WireType.Varint);
        _output.WriteInt64(value);
    }

    /// <summary>A double.</summary>
    public void Double(int field, double value)
    {
        _output.WriteTag(field, WireFormat.WireType.Fixed64);
        _output.WriteDouble(value);
    }

    /// <summary>A text.</summary>
    public void Text(int field, string value)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteString(value);
    }

    /// <summary>Integers of either sign in one field (packed).</summary>
    public void PackedSInts(int field, IReadOnlyList<long> values)
    {
        var packed = new ProtobufWriter();
        foreach (var value in values)
            packed._output.WriteSInt64(value);
        Message(field, packed);
    }

    /// <summary>A message within this one.</summary>
    public void Message(int field, ProtobufWriter message)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        Delimited(message);
    }

    /// <summary>A message behind its length, as a stream of messages has them.</summary>
    public void Delimited(ProtobufWriter message) => _output.WriteBytes(UnsafeByteOperations.UnsafeWrap(message.Written));
}
