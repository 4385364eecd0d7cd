using System.Buffers.Binary;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>A record's key at the provider: which writing of a document, and which chunk of it. 128 bits, since some providers take texts and some Guids only; none is ever used twice.</summary>
/// <param name="Attempt">Which writing; see <see cref="ProviderStore"/>.</param>
/// <param name="Ordinal">Which chunk of it.</param>
internal readonly record struct RecordKey(long Attempt, int Ordinal)
{
    /// <summary>As the provider takes it.</summary>
    /// <param name="type"><see cref="string"/> or <see cref="Guid"/>.</param>
    public object As(Type type)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Attempt);
        BinaryPrimitives.WriteInt32BigEndian(bytes[8..], Ordinal);
        var key = new Guid(bytes, bigEndian: true);
        return type == typeof(Guid) ? key : key.ToString("N");
    }

    /// <summary>Reads what <see cref="As"/> made.</summary>
    /// <returns>Null when it is the key of something else.</returns>
    public static RecordKey? Read(object? key)
    {
        if ((key is Guid given ? given : Guid.TryParse(key as string, out var parsed) ? parsed : (Guid?)null) is not { } guid)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        return new RecordKey(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[8..]));
    }
}
