using Rag.Caching;
using Rag.Limits;

namespace Rag.Engines.Redis;

/// <summary>
/// <see cref="IRateLimits"/> in Redis: the same GCRA as the embedded one, in one script on the server's clock, so that every gateway counts alike whatever its own
/// clock says. A user's number lives until its quota is whole again; each user is a key by itself, and so spread over a cluster.
/// </summary>
internal sealed class RedisRateLimits(RedisConnection redis) : IRateLimits
{
    /// <summary>KEYS the user. ARGV limit, permits. Times in ticks of 100 ns since 2023-11-14, exact in Lua's doubles for 28 years, so that steps are as fine as in .NET.</summary>
    private const string Take = """
        if redis.replicate_commands then redis.replicate_commands() end
        local time = redis.call('TIME')
        local now = (tonumber(time[1]) - 1700000000) * 10000000 + tonumber(time[2]) * 10
        local window = 600000000
        local limit = tonumber(ARGV[1])
        local step = math.max(1, math.floor(window / limit))
        local taken = math.min(math.max(tonumber(ARGV[2]), 1), limit) * step
        local theoretical = tonumber(redis.call('GET', KEYS[1]) or now)
        local ahead = math.max(theoretical, now) + taken - now
        if ahead > window then return { 0, 0, ahead - window, math.max(0, theoretical - now) } end
        redis.call('SET', KEYS[1], string.format('%.0f', now + ahead), 'PX', math.ceil(ahead / 10000))
        return { 1, math.min(limit, math.floor((window - ahead) / step)), 0, ahead }
        """;

    public async ValueTask<RateDecision> TakeAsync(RateTake request, CancellationToken cancellationToken)
    {
        var result = await redis.CallAsync("caching", database => database.ScriptEvaluateAsync(
            Take, [$"{{{redis.Options.Prefix}:rate:{RedisNames.Of(request.User)}}}"], [Math.Max(1, request.RequestsPerMinute), request.Permits]), cancellationToken).ConfigureAwait(false);
        return new RateDecision((int)result[0] == 1, (int)result[1], TimeSpan.FromTicks((long)result[2]), TimeSpan.FromTicks((long)result[3]));
    }
}
