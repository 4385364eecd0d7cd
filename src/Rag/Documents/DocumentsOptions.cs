namespace Rag.Documents;

/// <summary>Options of the documents service; configuration section <c>documents</c>.</summary>
public sealed class DocumentsOptions
{
    /// <summary>The most bytes of one upload; default 32 MiB.</summary>
    public int MaxContentBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>The most jobs that may wait for ingestion; beyond it uploads are refused as Overloaded. Default 100,000 (about 30 MB of memory).</summary>
    public int MaxQueuedJobs { get; set; } = 100_000;

    /// <summary>
    /// The oldest that waiting work may become, in seconds, <c>documents:max_lag_seconds</c>; past it uploads are refused as Throttled until it is below
    /// 80 % of this. 1–1,000,000; default 300.
    /// </summary>
    public int MaxLagSeconds { get; set; } = 300;

    /// <summary>The most writes that may wait for the writer; default 1,024.</summary>
    public int MaxPendingWrites { get; set; } = 1_024;

    /// <summary>The most uploaded bytes that may wait for the writer; default 256 MiB.</summary>
    public long MaxPendingBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>The most writes in one transaction; default 256.</summary>
    public int MaxCommitWrites { get; set; } = 256;

    /// <summary>Uploaded bytes after which a transaction takes no further write; default 16 MiB.</summary>
    public long MaxCommitBytes { get; set; } = 16L * 1024 * 1024;

    /// <summary>How long a claimed job belongs to its worker, and so what the death of a worker costs the jobs in its hands; default 90 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>How often a document is tried before it is given up on; default 6. Tries that a dependency's outage ended don't count.</summary>
    public int MaxAttempts { get; set; } = 6;

    /// <summary>How many tries the process may die under before the document is given up on; default 12. From the third on it is tried alone.</summary>
    public int MaxInterruptions { get; set; } = 12;

    /// <summary>The wait before the second try, doubled each time; default 200 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait before another try; default 15 s.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Rows kept per document about its latest versions; default 10.</summary>
    public int KeptVersions { get; set; } = 10;
}
