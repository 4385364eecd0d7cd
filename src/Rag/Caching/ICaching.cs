namespace Rag.Caching;

/// <summary>Values by key, with an end of life; one computation per key at a time.</summary>
public interface ICaching
{
    /// <summary>The value of a key, computed when absent. Concurrent callers of one key share one computation; a failed one is not kept.</summary>
    /// <param name="key">Everything that the value depends on (tenant, filter, index version, model…).</param>
    /// <param name="lifetime">How long a computed value is kept.</param>
    /// <param name="compute">Makes the value; its token ends when all waiting callers have gone.</param>
    /// <param name="cancellationToken">Stops this caller's waiting.</param>
    ValueTask<CacheReply<T>> GetOrComputeAsync<T>(
        string key, TimeSpan lifetime, Func<CancellationToken, ValueTask<T>> compute, CancellationToken cancellationToken) where T : class;
}

/// <summary>A value, and whether it was there already.</summary>
public readonly record struct CacheReply<T>(T Value, bool Hit) where T : class;
