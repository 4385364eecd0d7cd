using Rag.Embedding;

namespace Rag.Vectors;

/// <summary>A replacement or deletion on its way: checked, encoded, then admitted (with a document), then inserted (with its set).</summary>
internal sealed class Change(VectorRecord record)
{
    public VectorRecord Record => record;

    public ReadOnlyMemory<byte> Bytes { get; private init; }

    /// <summary>Vectors of length 1; null for a zero vector.</summary>
    public required float[]?[] Units { get; init; }

    /// <summary>Set on admission; null when the fence turned the change away.</summary>
    public Document? Document { get; set; }

    /// <summary>The chunks inserted; null for a deletion.</summary>
    public ChunkSet? Chunks { get; set; }

    public static Change Replacement(DocumentVectors document)
    {
        VectorRules.CheckDocument(document.Tenant, document.DocumentId, document.Version);
        EmbeddingModel model = document.Model;
        var units = new float[]?[document.Chunks.Count];
        var stored = new float[units.Length][];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = VectorRules.Normalise(document.Chunks[i], model, $"document '{document.DocumentId}' chunk {i}");
            stored[i] = units[i] ?? document.Chunks[i];
        }

        return Of(new VectorRecord(document.Tenant, document.DocumentId, document.Version, model, stored, document.Metadata), units);
    }

    public static Change Deletion(string tenant, string documentId, int version)
    {
        VectorRules.CheckDocument(tenant, documentId, version);
        return Of(new VectorRecord(tenant, documentId, version, null, [], VectorRecord.NoMetadata), []);
    }

    /// <summary>A change read back from the log, where zero vectors lie as they came.</summary>
    public static Change Replayed(VectorRecord record) => new(record)
    {
        Units = [.. record.Chunks.Select(chunk => chunk.AsSpan().ContainsAnyExcept(0f) ? chunk : null)],
    };

    private static Change Of(VectorRecord record, float[]?[] units) => new(record) { Units = units, Bytes = VectorRecord.Encode(record) };
}
