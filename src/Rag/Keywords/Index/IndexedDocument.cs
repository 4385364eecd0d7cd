using Rag.Filters;

namespace Rag.Keywords.Index;

/// <summary>What the index remembers of a document: of a deleted one its version alone, so that a late write can't bring it back.</summary>
internal sealed class IndexedDocument
{
    private long _place;

    public required string Tenant { get; init; }
    public required string Id { get; init; }
    public required int Version { get; init; }
    public required bool IsDeleted { get; init; }
    public string Title { get; init; } = "";
    public IReadOnlyDictionary<string, MetadataValue> Metadata { get; init; } = new Dictionary<string, MetadataValue>();

    /// <summary>Checksum of the record's content: tells a repeated write from a changed one.</summary>
    public required uint Checksum { get; init; }

    /// <summary>Bytes of its record in the log.</summary>
    public required int RecordBytes { get; init; }

    /// <summary>Where its record lies: the file's number × 2³² + offset in the file. Changes when the log is cleaned.</summary>
    public long Place
    {
        get => Volatile.Read(ref _place);
        set => Volatile.Write(ref _place, value);
    }

    /// <summary>
    /// The version before, so that a search which found its chunks a moment ago still gets their texts. Null for a deletion: deleted texts are gone at once.
    /// </summary>
    public IndexedDocument? Previous { get; set; }

    /// <summary>Chunks, in order.</summary>
    public ChunkSpot[] Chunks { get; init; } = [];

    /// <summary>Number of its first chunk in the tenant's index; the others follow. Owned by the writer.</summary>
    public int FirstChunk { get; set; } = -1;
}

/// <summary>Where a chunk's text lies in its document's record, and how many terms it has.</summary>
internal readonly record struct ChunkSpot(int Offset, int Bytes, int Length);
