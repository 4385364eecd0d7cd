using Rag.Chunks;

namespace Rag.Ingestion;

/// <summary>Options of the ingestion service; configuration section <c>ingestion</c>.</summary>
public sealed class IngestionOptions : ChunkOptions
{
    /// <summary>
    /// This worker's name, the same after a restart and no other's: what it held when it died then comes back as soon as it is there again. Null has it
    /// come back when its lease ends.
    /// </summary>
    public string? Worker { get; set; }

    /// <summary>The most jobs of one batch; default 32.</summary>
    public int BatchJobs { get; set; } = 32;

    /// <summary>Batches in flight: while one waits for a disk, another is parsed; default 2.</summary>
    public int Batches { get; set; } = 2;

    /// <summary>How many batches may parse and embed at a time; default 1, which leaves the other cores to queries.</summary>
    public int Parallelism { get; set; } = 1;

    /// <summary>The most characters that are read out of one document; default 5,000,000.</summary>
    public int MaxTextCharacters { get; set; } = 5_000_000;

    /// <summary>The most pages of a PDF; default 2,000.</summary>
    public int MaxPages { get; set; } = 2_000;

    /// <summary>The longest that one document may be parsed for; default 30 s.</summary>
    public TimeSpan ParseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that embedding or indexing one batch may take; default 60 s.</summary>
    public TimeSpan IndexTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>While the embedding model is changed: the most documents that are embedded anew in a second; default 200.</summary>
    public int ReembedPerSecond { get; set; } = 200;

    /// <summary>The longest pause after a dependency failed; the first one is 100 ms, doubled each time. Default 5 s.</summary>
    public TimeSpan MaxPause { get; set; } = TimeSpan.FromSeconds(5);
}
