using Rag.Limits;

namespace Rag.Caching;

/// <summary>The users' rate limits, shared by every gateway.</summary>
public interface IRateLimits
{
    /// <summary>Counts requests against a user's limit. The fast path ends synchronously.</summary>
    ValueTask<RateDecision> TakeAsync(RateTake request, CancellationToken cancellationToken);
}

/// <summary>Requests to be counted.</summary>
/// <param name="User">Whose.</param>
/// <param name="RequestsPerMinute">The user's limit, at least 1.</param>
/// <param name="Permits">How many: all pass or none. 1 to <paramref name="RequestsPerMinute"/>.</param>
public readonly record struct RateTake(string User, int RequestsPerMinute, int Permits = 1);
