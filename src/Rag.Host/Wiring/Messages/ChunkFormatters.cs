using MessagePack;
using MessagePack.Formatters;
using Rag.Keywords;
using Rag.Vectors;

namespace Rag.Host.Wiring.Messages;

/// <summary>A chunk's name as an array: searches send them by the hundred.</summary>
internal sealed class ChunkKeyFormatter : IMessagePackFormatter<ChunkKey>
{
    public void Serialize(ref MessagePackWriter writer, ChunkKey value, MessagePackSerializerOptions options)
    {
        writer.WriteArrayHeader(3);
        writer.Write(value.DocumentId);
        writer.Write(value.Version);
        writer.Write(value.Ordinal);
    }

    public ChunkKey Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        MessageFormat.ReadArray(ref reader, 3, nameof(ChunkKey));
        return new ChunkKey(MessageFormat.ReadText(ref reader, nameof(ChunkKey)), reader.ReadInt32(), reader.ReadInt32());
    }
}

/// <summary>A hit as an array.</summary>
internal sealed class KeywordHitFormatter : IMessagePackFormatter<KeywordHit>
{
    public void Serialize(ref MessagePackWriter writer, KeywordHit value, MessagePackSerializerOptions options)
    {
        writer.WriteArrayHeader(4);
        writer.Write(value.DocumentId);
        writer.Write(value.Version);
        writer.Write(value.Ordinal);
        writer.Write(value.Score);
    }

    public KeywordHit Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        MessageFormat.ReadArray(ref reader, 4, nameof(KeywordHit));
        return new KeywordHit(MessageFormat.ReadText(ref reader, nameof(KeywordHit)), reader.ReadInt32(), reader.ReadInt32(), reader.ReadSingle());
    }
}

/// <summary>A hit as an array.</summary>
internal sealed class VectorHitFormatter : IMessagePackFormatter<VectorHit>
{
    public void Serialize(ref MessagePackWriter writer, VectorHit value, MessagePackSerializerOptions options)
    {
        writer.WriteArrayHeader(4);
        writer.Write(value.DocumentId);
        writer.Write(value.Version);
        writer.Write(value.Ordinal);
        writer.Write(value.Score);
    }

    public VectorHit Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        MessageFormat.ReadArray(ref reader, 4, nameof(VectorHit));
        return new VectorHit(MessageFormat.ReadText(ref reader, nameof(VectorHit)), reader.ReadInt32(), reader.ReadInt32(), reader.ReadSingle());
    }
}
