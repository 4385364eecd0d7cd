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
}
