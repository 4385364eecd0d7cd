using System.Buffers.Binary;
using System.Text;

namespace Loadline.Tests.Export;

/// <summary>Reads a protobuf message without knowing its type: fields by number, each with all its values.</summary>
internal sealed class ProtobufReader
{
    private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

    public ProtobufReader(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var tag = Varint(ref bytes);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add(((int)(tag >> 3), Varint(ref bytes), []));
                    break;
                case 1:
                    _fields.Add(((int)(tag >> 3), BinaryPrimitives.ReadUInt64LittleEndian(bytes), []));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    _fields.Add(((int)(tag >> 3), 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }
    }

    public IEnumerable<ProtobufReader> Messages(int field) => _fields.Where(each => each.Field == field).Select(each => new ProtobufReader(each.Bytes));

    public ulong UInt(int field) => _fields.Single(each => each.Field == field).Number;

    public long SInt(int field) => ZigZag(UInt(field));

    public double Double(int field) => BitConverter.UInt64BitsToDouble(UInt(field));

    public string Text(int field) => Encoding.UTF8.GetString(_fields.Single(each => each.Field == field).Bytes);

    public bool Has(int field) => _fields.Exists(each => each.Field == field);

    public IReadOnlyList<long> PackedSInts(int field)
    {
        var values = new List<long>();
        ReadOnlySpan<byte> bytes = _fields.Single(each => each.Field == field).Bytes;
        while (bytes.Length > 0)
            values.Add(ZigZag(Varint(ref bytes)));
        return values;
    }

    /// <summary>Messages, each behind its length.</summary>
    public static IReadOnlyList<ProtobufReader> Delimited(ReadOnlySpan<byte> bytes)
    {
        var messages = new List<ProtobufReader>();
        while (bytes.Length > 0)
        {
            var length = (int)Varint(ref bytes);
            messages.Add(new ProtobufReader(bytes[..length]));
            bytes = bytes[length..];
        }
        return messages;
    }

    private static long ZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
