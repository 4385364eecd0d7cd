using Rag.Journals;

namespace Rag.Vectors;

/// <summary>Tuning of the vector index; the configuration section <c>vectors</c>.</summary>
public sealed class VectorsOptions
{
    /// <summary>Links that a new chunk asks for on each layer (twice as many fit on the lowest). 4–64; more: better recall, slower inserts, more memory. Fixed once a folder holds data. Default 16.</summary>
    public int Links { get; set; } = 16;

    /// <summary>Candidates looked at when a chunk is inserted (efConstruction). 8–1000; more: better recall, slower inserts. Default 80.</summary>
    public int InsertBreadth { get; set; } = 80;

    /// <summary>Candidates kept by a search (ef); a search for more results keeps more. 8–4000. Default 64.</summary>
    public int SearchBreadth { get; set; } = 64;

    /// <summary>Tenants with at most this many chunks are searched by comparing every chunk. Default 768.</summary>
    public int ScanBelow { get; set; } = 768;

    /// <summary>Share of a tenant's places that deleted chunks may hold before the graph is repaired and the places are reused. 0.02–0.9. Default 0.2.</summary>
    public double RepairShare { get; set; } = 0.2;

    /// <summary>Deleted chunks below which a tenant is never repaired. Default 256.</summary>
    public int RepairFloor { get; set; } = 256;

    /// <summary>Log bytes after which a snapshot is written (or a quarter of the last snapshot, if that is more). Default 16 MiB.</summary>
    public long SnapshotAfterLogBytes { get; set; } = 16 << 20;

    /// <summary>Most chunks held, deleted ones included; more is refused as Overloaded. Default 10 million.</summary>
    public int MaxChunks { get; set; } = 10_000_000;

    /// <summary>Seed of the layers that chunks are assigned to: the same seed and the same calls, one at a time, build the same graph. Default 42.</summary>
    public ulong Seed { get; set; } = 42;

    /// <summary>Bounds of the log.</summary>
    public JournalOptions Journal { get; set; } = new();

    /// <summary>Refuses values out of range, all problems at once.</summary>
    internal void Validate()
    {
        var problems = new List<string>();
        Check(Links is >= 4 and <= 64, nameof(Links), Links, "4–64");
        Check(InsertBreadth is >= 8 and <= 1000, nameof(InsertBreadth), InsertBreadth, "8–1000");
        Check(SearchBreadth is >= 8 and <= 4000, nameof(SearchBreadth), SearchBreadth, "8–4000");
        Check(ScanBelow >= 0, nameof(ScanBelow), ScanBelow, "0 or more");
        Check(RepairShare is >= 0.02 and <= 0.9, nameof(RepairShare), RepairShare, "0.02–0.9");
        Check(RepairFloor >= 1, nameof(RepairFloor), RepairFloor, "1 or more");
        Check(SnapshotAfterLogBytes >= 1 << 12, nameof(SnapshotAfterLogBytes), SnapshotAfterLogBytes, "4096 or more");
        Check(MaxChunks is >= 1 and <= Graphs.SlotStore.MaxSlots, nameof(MaxChunks), MaxChunks, $"1–{Graphs.SlotStore.MaxSlots}");
        if (problems.Count > 0)
            throw new InvalidOperationException("vectors: " + string.Join("; ", problems));

        void Check(bool holds, string name, object value, string rule)
        {
            if (!holds)
                problems.Add($"{name}: {value} is not allowed, expected {rule}");
        }
    }
}
