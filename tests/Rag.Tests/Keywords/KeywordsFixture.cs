using Microsoft.Extensions.Logging.Abstractions;
using Rag.Filters;
using Rag.Keywords;

namespace Rag.Tests.Keywords;

/// <summary>A keyword index on a folder of its own that can be closed, crashed and opened again.</summary>
public abstract class KeywordsFixture : IDisposable
{
    private readonly List<KeywordIndex> _open = [];
    private readonly List<string> _copies = [];

    protected string Folder { get; } = Directory.CreateTempSubdirectory("rag-keywords-").FullName;

    protected static Dictionary<string, MetadataValue> Nothing { get; } = [];

    internal KeywordIndex Open(Action<KeywordsOptions>? change = null, string? folder = null)
    {
        var options = new KeywordsOptions { SimilarTerms = 0 };
        change?.Invoke(options);
        var index = new KeywordIndex(folder ?? Folder, options, NullLogger<KeywordIndex>.Instance);
        _open.Add(index);
        return index;
    }

    /// <summary>What the disk holds right now, as after kill -9.</summary>
    protected string CopyOfDisk()
    {
        var copy = Directory.CreateTempSubdirectory("rag-keywords-").FullName;
        _copies.Add(copy);
        foreach (var file in Directory.GetFiles(Folder).Where(f => Path.GetFileName(f) != "lock"))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    internal static ValueTask Put(KeywordIndex index, string id, int version, params string[] chunks) =>
        index.ReplaceAsync([new DocumentChunks("t", id, version, "", chunks, Nothing)], default);

    internal static async Task<string[]> Find(KeywordIndex index, string text, string tenant = "t", int topK = 1000, MetadataFilter? filter = null) =>
        [.. (await index.SearchAsync(new KeywordSearch(tenant, text, topK, filter), default)).Select(h => $"{h.DocumentId}:{h.Version}:{h.Ordinal}")];

    public void Dispose()
    {
        foreach (var index in _open)
            index.Dispose();
        foreach (var folder in _copies.Append(Folder))
            if (Directory.Exists(folder))
                Directory.Delete(folder, true);
        GC.SuppressFinalize(this);
    }
}
