using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Query;

/// <summary>The configuration section <c>query</c>.</summary>
internal sealed record QueryOptions
{
    /// <summary>Tokens that the prompt may hold, <c>query:prompt_tokens</c>; default 3000. Passages past it are shortened, then left out.</summary>
    public int PromptTokens { get; init; } = 3000;

    /// <summary>How long an answer is kept, <c>query:cache_seconds</c>; default 60, 0 keeps none.</summary>
    public TimeSpan CacheLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long to wait for another process that computes the same answer before computing it as well, <c>query:cache_wait_ms</c>; default 10,000, 0 never waits.
    /// Longer than nearly every LLM answer takes, so a crowd's question costs one; shorter than the lease of a process that died over it.
    /// </summary>
    public TimeSpan CacheWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a question in other words gets the answer of the same one, <c>query:semantic_cache</c>; default false.</summary>
    public bool SemanticCache { get; init; }

    /// <summary>How near its embedding must be at least, as a cosine, <c>query:semantic_threshold</c>; 0.95 (default) to 1.</summary>
    public double SemanticThreshold { get; init; } = 0.95;

    public static QueryOptions Read(IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        var options = new QueryOptions
        {
            PromptTokens = (int)settings.Whole("query:prompt_tokens", 3000, 200, 1_000_000),
            CacheLifetime = TimeSpan.FromSeconds(settings.Whole("query:cache_seconds", 60, 0, 86_400)),
            CacheWait = TimeSpan.FromMilliseconds(settings.Whole("query:cache_wait_ms", 10_000, 0, 120_000)),
            SemanticCache = settings.Switch("query:semantic_cache", false),
            SemanticThreshold = settings.Number("query:semantic_threshold", 0.95, 0.95, 1),
        };
        settings.ThrowIfWrong();
        return options;
    }
}
