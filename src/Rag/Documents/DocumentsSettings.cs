using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Documents;

/// <summary>What the configuration says of documents: the section <c>documents</c>.</summary>
internal static class DocumentsSettings
{
    private static readonly Setting<int> MaxContentBytes = Setting.Whole("documents:max_content_bytes", 32 << 20, 1024, 1 << 30, "The most bytes of one upload");
    private static readonly Setting<int> MaxQueuedJobs = Setting.Whole("documents:max_queued_jobs", 100_000, 1, 10_000_000, "The most jobs that may wait for ingestion; beyond it uploads are refused (503)");
    private static readonly Setting<int> MaxLagSeconds = Setting.Whole("documents:max_lag_seconds", 300, 1, 1_000_000, "The oldest that waiting work may become, in seconds; past it uploads are refused (429) until it is below 80 % of this");
    private static readonly Setting<int> MaxPendingWrites = Setting.Whole("documents:max_pending_writes", 1_024, 1, 1_000_000, "The most writes that may wait for the disk");
    private static readonly Setting<long> MaxPendingBytes = Setting.Bytes("documents:max_pending_bytes", 256L << 20, 1 << 20, 1L << 40, "The most uploaded bytes that may wait for the disk");
    private static readonly Setting<int> MaxCommitWrites = Setting.Whole("documents:max_commit_writes", 256, 1, 10_000, "The most writes in one transaction");
    private static readonly Setting<TimeSpan> Lease = Setting.Seconds("documents:lease_seconds", 90, 1, 3600, "How long a claimed job belongs to its worker, and so what the death of a worker costs the jobs in its hands");
    private static readonly Setting<int> MaxAttempts = Setting.Whole("documents:max_attempts", 6, 1, 1000, "How often a document is tried before it is given up on; tries that a dependency's outage ended don't count");
    private static readonly Setting<int> MaxInterruptions = Setting.Whole("documents:max_interruptions", 12, 1, 1000, "How many tries the process may die under before the document is given up on");
    private static readonly Setting<TimeSpan> RetryDelay = Setting.Milliseconds("documents:retry_delay_ms", 200, 1, 600_000, "The wait before the second try, doubled each time");
    private static readonly Setting<TimeSpan> MaxRetryDelay = Setting.Seconds("documents:max_retry_delay_seconds", 15, 0.1, 3600, "The longest wait before another try");
    private static readonly Setting<int> KeptVersions = Setting.Whole("documents:kept_versions", 10, 1, 1_000_000, "Rows kept per document about its latest versions");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [MaxContentBytes, MaxQueuedJobs, MaxLagSeconds, MaxPendingWrites, MaxPendingBytes, MaxCommitWrites, Lease, MaxAttempts, MaxInterruptions, RetryDelay, MaxRetryDelay, KeptVersions];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static DocumentsOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new DocumentsOptions
        {
            MaxContentBytes = reader.Read(MaxContentBytes),
            MaxQueuedJobs = reader.Read(MaxQueuedJobs),
            MaxLagSeconds = reader.Read(MaxLagSeconds),
            MaxPendingWrites = reader.Read(MaxPendingWrites),
            MaxPendingBytes = reader.Read(MaxPendingBytes),
            MaxCommitWrites = reader.Read(MaxCommitWrites),
            Lease = reader.Read(Lease),
            MaxAttempts = reader.Read(MaxAttempts),
            MaxInterruptions = reader.Read(MaxInterruptions),
            RetryDelay = reader.Read(RetryDelay),
            MaxRetryDelay = reader.Read(MaxRetryDelay),
            KeptVersions = reader.Read(KeptVersions),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
