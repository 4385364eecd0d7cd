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

    public static QueryOptions Read(IConfiguration configuration) => new()
    {
        PromptTokens = configuration.Whole("query:prompt_tokens", 3000, 200, 1_000_000),
        CacheLifetime = TimeSpan.FromSeconds(configuration.Whole("query:cache_seconds", 60, 0, 86_400)),
    };
}
