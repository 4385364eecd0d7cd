using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Vectors;

/// <summary>What the configuration says of the built-in vector index: the section <c>vectors</c>.</summary>
internal static class VectorsSettings
{
    private static readonly Setting<int> Links = Setting.Whole("vectors:links", 16, 4, 64, "Links that a new chunk asks for on each layer of the HNSW graph (M): more is better recall, slower inserts, more memory; fixed once there is data");
    private static readonly Setting<int> InsertBreadth = Setting.Whole("vectors:insert_breadth", 80, 8, 1000, "Candidates looked at when a chunk is inserted (efConstruction)");
    private static readonly Setting<int> SearchBreadth = Setting.Whole("vectors:search_breadth", 64, 8, 4000, "Candidates kept by a search (ef): more is better recall and slower search");
    private static readonly Setting<int> ScanBelow = Setting.Whole("vectors:scan_below", 768, 0, 1_000_000, "Tenants with at most this many chunks are searched by comparing every chunk");
    private static readonly Setting<double> RepairShare = Setting.Number("vectors:repair_share", 0.2, 0.02, 0.9, "Share of deleted chunks in a tenant at which its graph is repaired and their places are reused");
    private static readonly Setting<int> RepairFloor = Setting.Whole("vectors:repair_floor", 256, 1, 10_000_000, "Deleted chunks below which a tenant is never repaired");
    private static readonly Setting<long> SnapshotAfterLogBytes = Setting.Bytes("vectors:snapshot_after_log_bytes", 16 << 20, 1 << 12, 1L << 40, "Log bytes after which a snapshot is written (or a quarter of the last one, if that is more)");
    private static readonly Setting<int> MaxChunks = Setting.Whole("vectors:max_chunks", 10_000_000, 1, Graphs.SlotStore.MaxSlots, "The most chunks held, deleted ones included; more is refused");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Links, InsertBreadth, SearchBreadth, ScanBelow, RepairShare, RepairFloor, SnapshotAfterLogBytes, MaxChunks];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static VectorsOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new VectorsOptions
        {
            Links = reader.Read(Links),
            InsertBreadth = reader.Read(InsertBreadth),
            SearchBreadth = reader.Read(SearchBreadth),
            ScanBelow = reader.Read(ScanBelow),
            RepairShare = reader.Read(RepairShare),
            RepairFloor = reader.Read(RepairFloor),
            SnapshotAfterLogBytes = reader.Read(SnapshotAfterLogBytes),
            MaxChunks = reader.Read(MaxChunks),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
