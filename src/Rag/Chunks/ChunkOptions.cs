namespace Rag.Chunks;

/// <summary>
/// How texts are cut, in the configuration section <c>ingestion</c>. Whoever cuts a document again (search does, while keywords are down) must read the same
/// section: chunks have no names but their places.
/// </summary>
public class ChunkOptions
{
    /// <summary>The section.</summary>
    public const string Section = "ingestion";

    /// <summary>The most tokens (cl100k) of one chunk; default 320.</summary>
    public int ChunkTokens { get; set; } = 320;

    /// <summary>About how many tokens of a chunk's end the next one begins with; less than half of <see cref="ChunkTokens"/>; default 40.</summary>
    public int OverlapTokens { get; set; } = 40;
}
