using Microsoft.Extensions.Configuration;
using Rag.Chunks;
using Rag.Hosting;

namespace Rag.Ingestion;

/// <summary>What the configuration says of ingestion: the section <c>ingestion</c>.</summary>
internal static class IngestionSettings
{
    private static readonly Setting<string?> Worker = Setting.Text("ingestion:worker", null, "This worker's name, the same after a restart and no other's: what it held when it died then comes back as soon as it is there again");
    private static readonly Setting<int> BatchJobs = Setting.Whole("ingestion:batch_jobs", 32, 1, 1_000, "The most jobs of one batch");
    private static readonly Setting<int> Batches = Setting.Whole("ingestion:batches", 2, 1, 64, "Batches in flight: while one waits for a disk, another is parsed");
    private static readonly Setting<int> Parallelism = Setting.Whole("ingestion:parallelism", 1, 1, 64, "How many batches may parse and embed at a time; the other cores are left to queries");
    private static readonly Setting<int> MaxTextCharacters = Setting.Whole("ingestion:max_text_characters", 5_000_000, 1_000, 100_000_000, "The most characters that are read out of one document");
    private static readonly Setting<int> MaxPages = Setting.Whole("ingestion:max_pages", 2_000, 1, 1_000_000, "The most pages of a PDF");
    private static readonly Setting<TimeSpan> ParseTimeout = Setting.Seconds("ingestion:parse_timeout_seconds", 30, 0.1, 3600, "The longest that one document may be parsed for");
    private static readonly Setting<TimeSpan> IndexTimeout = Setting.Seconds("ingestion:index_timeout_seconds", 60, 0.1, 3600, "The longest that embedding or indexing one batch may take");
    private static readonly Setting<TimeSpan> MaxPause = Setting.Seconds("ingestion:max_pause_seconds", 5, 0.1, 600, "The longest pause after a dependency failed");

    private static readonly Setting<int> ReembedPerSecond = Setting.Whole("ingestion:reembed_per_second", 200, 1, 100_000, "While the embedding model is changed: the most documents that are embedded anew in a second, after fresh uploads");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Worker, BatchJobs, Batches, Parallelism, MaxTextCharacters, MaxPages, ParseTimeout, IndexTimeout, MaxPause, ReembedPerSecond, .. ChunkSettings.All];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static IngestionOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new IngestionOptions
        {
            Worker = reader.Read(Worker),
            BatchJobs = reader.Read(BatchJobs),
            Batches = reader.Read(Batches),
            Parallelism = reader.Read(Parallelism),
            MaxTextCharacters = reader.Read(MaxTextCharacters),
            MaxPages = reader.Read(MaxPages),
            ParseTimeout = reader.Read(ParseTimeout),
            IndexTimeout = reader.Read(IndexTimeout),
            MaxPause = reader.Read(MaxPause),
            ReembedPerSecond = reader.Read(ReembedPerSecond),
        };
        ChunkSettings.ReadInto(options, reader);
        reader.ThrowIfWrong();
        return options;
    }
}
