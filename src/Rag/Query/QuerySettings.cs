using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Query;

/// <summary>What the configuration says of query: the section <c>query</c>.</summary>
internal static class QuerySettings
{
    private static readonly Setting<int> PromptTokens = Setting.Whole("query:prompt_tokens", 3000, 200, 1_000_000, "Tokens that the prompt may hold; passages past it are shortened, then left out");
    private static readonly Setting<TimeSpan> CacheLifetime = Setting.Seconds("query:cache_seconds", 60, 0, 86_400, "How long an answer is kept, unless a document of its tenant changes; 0 keeps none");
    private static readonly Setting<TimeSpan> CacheWait = Setting.Milliseconds("query:cache_wait_ms", 10_000, 0, 120_000, "How long to wait for another process that computes the same answer before computing it as well");
    private static readonly Setting<bool> SemanticCache = Setting.Switch("query:semantic_cache", false, "Whether a question in other words gets the answer of the same one");
    private static readonly Setting<double> SemanticThreshold = Setting.Number("query:semantic_threshold", 0.95, 0.95, 1, "How near its embedding must be at least, as a cosine");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [PromptTokens, CacheLifetime, CacheWait, SemanticCache, SemanticThreshold];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static QueryOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new QueryOptions
        {
            PromptTokens = reader.Read(PromptTokens),
            CacheLifetime = reader.Read(CacheLifetime),
            CacheWait = reader.Read(CacheWait),
            SemanticCache = reader.Read(SemanticCache),
            SemanticThreshold = reader.Read(SemanticThreshold),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
