namespace Rag.Journals;

/// <summary>Bounds of a journal.</summary>
public sealed class JournalOptions
{
    /// <summary>Most bytes that wait for the disk; more is refused as Overloaded. Default 64 MiB.</summary>
    public int MaxPendingBytes { get; set; } = 64 << 20;

    /// <summary>Longest single record. Default 256 MiB.</summary>
    public int MaxRecordBytes { get; set; } = 256 << 20;
}
