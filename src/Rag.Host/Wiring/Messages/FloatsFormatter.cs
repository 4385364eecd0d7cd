using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MessagePack;
using MessagePack.Formatters;

namespace Rag.Host.Wiring.Messages;

/// <summary>Vectors as their bytes, little endian: a fifth of the time and four fifths of the room of one number at a time.</summary>
internal sealed class FloatsFormatter : IMessagePackFormatter<float[]?>
{
    public void Serialize(ref MessagePackWriter writer, float[]? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteBinHeader(value.Length * sizeof(float));
        var span = writer.GetSpan(value.Length * sizeof(float))[..(value.Length * sizeof(float))];
        MemoryMarshal.AsBytes(value.AsSpan()).CopyTo(span);
        Turn(span);
        writer.Advance(span.Length);
    }

    public float[]? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.ReadBytes() is not { } bytes)
            return null;
        if (bytes.Length % sizeof(float) != 0)
            throw new MessagePackSerializationException($"a vector of {bytes.Length} bytes; expected a multiple of {sizeof(float)}");
        var value = new float[bytes.Length / sizeof(float)];
        var span = MemoryMarshal.AsBytes(value.AsSpan());
        bytes.CopyTo(span);
        Turn(span);
        return value;
    }

    private static void Turn(Span<byte> littleEndian)
    {
        if (BitConverter.IsLittleEndian)
            return;
        var words = MemoryMarshal.Cast<byte, int>(littleEndian);
        BinaryPrimitives.ReverseEndianness(words, words);
    }
}
