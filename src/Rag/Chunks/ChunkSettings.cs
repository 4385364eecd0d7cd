using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Chunks;

/// <summary>How texts are cut: part of the section <c>ingestion</c>, which search reads as well.</summary>
internal static class ChunkSettings
{
    private static readonly Setting<int> ChunkTokens = Setting.Whole("ingestion:chunk_tokens", 320, 16, 8_192, "The most tokens (cl100k) of one chunk");
    private static readonly Setting<int> OverlapTokens = Setting.Whole("ingestion:overlap_tokens", 40, 0, 4_095, "About how many tokens of a chunk's end the next one begins with; less than half of ingestion:chunk_tokens");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [ChunkTokens, OverlapTokens];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static ChunkOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new ChunkOptions();
        ReadInto(options, reader);
        reader.ThrowIfWrong();
        return options;
    }

    /// <summary>Reads them beside others of the section.</summary>
    public static void ReadInto(ChunkOptions options, SettingsReader reader)
    {
        (options.ChunkTokens, options.OverlapTokens) = (reader.Read(ChunkTokens), reader.Read(OverlapTokens));
        if (options.OverlapTokens * 2 >= options.ChunkTokens)
            reader.Refuse($"{OverlapTokens.Path}: {options.OverlapTokens} is not permitted; expected less than half of {ChunkTokens.Path} ({options.ChunkTokens})");
    }
}
