using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Caching;
using Rag.Hosting;

namespace Rag.Engines.Redis;

/// <summary>Redis as the engine of caching: values, leases, generations and rate limits are shared by as many caching processes as one likes.</summary>
internal sealed class RedisCachingEngine : Engine
{
    public override string Seam => "caching";

    public override string Name => "redis";

    public override string Description => "Redis: shared by several caching processes, kept over their restarts";

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => RedisOptions.All;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var redis = RedisOptions.Read(context.Configuration);
        var options = CachingSettings.Read(context.Configuration);
        services.TryAddSingleton(provider => new RedisConnection(redis, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ICaching>(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            return new RedisCaching(provider.GetRequiredService<RedisConnection>(), options, time, new Random(unchecked((int)time.GetTimestamp())));
        });
        services.AddSingleton<IRateLimits, RedisRateLimits>();
    }

    public override async ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) =>
        await RedisFindings.OfAsync(RedisOptions.Read(context.Configuration), context.Time, Memory, cancellationToken).ConfigureAwait(false);

    private static IEnumerable<Finding> Memory(IReadOnlyDictionary<string, string> info)
    {
        var (most, policy) = (info.GetValueOrDefault("maxmemory", "0"), info.GetValueOrDefault("maxmemory_policy", "?"));
        if (most == "0")
            yield return new Finding(false, "Redis's memory has no limit (maxmemory 0)", "set maxmemory, and maxmemory-policy allkeys-lru: the cache is bounded by nothing else");
        else if (policy is "noeviction")
            yield return new Finding(false, "Redis refuses writes when its memory is full (maxmemory-policy noeviction)", "set maxmemory-policy allkeys-lru, so that what was used least recently makes room");
        else
            yield return new Finding(true, $"maxmemory {most} bytes, maxmemory-policy {policy}");
    }
}
