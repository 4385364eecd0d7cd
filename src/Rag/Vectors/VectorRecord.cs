using System.Runtime.InteropServices;
using System.Text;
using Rag.Embedding;
using Rag.Filters;
using Rag.Seams;

namespace Rag.Vectors;

/// <summary>What the log holds of one change: a replacement, or (without <see cref="Model"/>) a deletion. Little-endian, as <see cref="BinaryWriter"/> writes.</summary>
internal sealed record VectorRecord(
    string Tenant, string DocumentId, int Version, EmbeddingModel? Model, float[][] Chunks, IReadOnlyDictionary<string, MetadataValue> Metadata)
{
    public long Rank => Model is null ? DocumentRank.OfDeletion(Version) : DocumentRank.OfContent(Version);

    private const byte Replacement = 1, Deletion = 2;

    public static readonly IReadOnlyDictionary<string, MetadataValue> NoMetadata = new Dictionary<string, MetadataValue>();

    public static ReadOnlyMemory<byte> Encode(VectorRecord record)
    {
        var floats = record.Chunks.Sum(chunk => chunk.Length);
        var stream = new MemoryStream(floats * sizeof(float) + 256);
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(record.Model is null ? Deletion : Replacement);
        writer.Write(record.Tenant);
        writer.Write(record.DocumentId);
        writer.Write(record.Version);
        if (record.Model is { } model)
        {
            WriteModel(writer, model);
            WriteMetadata(writer, record.Metadata);
            writer.Write(record.Chunks.Length);
            foreach (var chunk in record.Chunks)
                writer.Write(MemoryMarshal.AsBytes(chunk.AsSpan()));
        }

        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }

    public static unsafe VectorRecord Decode(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            using var reader = new BinaryReader(new UnmanagedMemoryStream(start, bytes.Length), Encoding.UTF8);
            var kind = reader.ReadByte();
            var (tenant, document, version) = (reader.ReadString(), reader.ReadString(), reader.ReadInt32());
            if (kind == Deletion)
                return new VectorRecord(tenant, document, version, null, [], NoMetadata);
            if (kind != Replacement)
                throw new InvalidDataException($"vectors: a log record of unknown kind {kind}; it was written by a newer version, which must read it");

            var model = ReadModel(reader);
            var metadata = ReadMetadata(reader);
            var chunks = new float[reader.ReadInt32()][];
            for (var i = 0; i < chunks.Length; i++)
            {
                chunks[i] = new float[model.Dimensions];
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(chunks[i].AsSpan()));
            }

            return new VectorRecord(tenant, document, version, model, chunks, metadata);
        }
    }

    public static void WriteModel(BinaryWriter writer, EmbeddingModel model)
    {
        writer.Write(model.Id);
        writer.Write(model.Version);
        writer.Write(model.Dimensions);
    }

    public static EmbeddingModel ReadModel(BinaryReader reader) => new(reader.ReadString(), reader.ReadString(), reader.ReadInt32());

    public static void WriteMetadata(BinaryWriter writer, IReadOnlyDictionary<string, MetadataValue> metadata)
    {
        writer.Write(metadata.Count);
        foreach (var (name, value) in metadata)
        {
            writer.Write(name);
            writer.Write((byte)(value.Text is not null ? 't' : value.Number is not null ? 'n' : 'b'));
            if (value.Text is { } text)
                writer.Write(text);
            else if (value.Number is { } number)
                writer.Write(number);
            else
                writer.Write(value.Flag == true);
        }
    }

    public static IReadOnlyDictionary<string, MetadataValue> ReadMetadata(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        if (count == 0)
            return NoMetadata;
        var metadata = new Dictionary<string, MetadataValue>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var name = reader.ReadString();
            metadata[name] = (char)reader.ReadByte() switch
            {
                't' => reader.ReadString(),
                'n' => reader.ReadDouble(),
                _ => reader.ReadBoolean(),
            };
        }

        return metadata;
    }
}
