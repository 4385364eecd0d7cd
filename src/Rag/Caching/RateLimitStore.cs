using Rag.Limits;

namespace Rag.Caching;

/// <summary>The users' rate limits in this process's memory. Lost with the process: users then have a whole minute's quota again.</summary>
internal sealed class RateLimitStore(TimeProvider time, int mostUsers) : IRateLimits
{
    private readonly RateLimiter _limiter = new(time, mostUsers);

    public ValueTask<RateDecision> TakeAsync(RateTake request, CancellationToken cancellationToken) =>
        new(_limiter.Take(request.User, Math.Max(1, request.RequestsPerMinute), request.Permits));
}
