using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Hosting;
using Rag.Ingestion;

namespace Rag.Engines.Redis;

/// <summary>Redis Streams as the engine of the queue: carry the word of work from the documents' outbox to any number of ingestion processes.</summary>
internal sealed class RedisQueueEngine : Engine
{
    public override string Seam => "queue";

    public override string Name => "redis";

    public override string Description => "Redis Streams: notices of work for any number of ingestion processes";

    public override IReadOnlyList<string> Services => ["documents", "ingestion"];

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => [.. RedisOptions.All, .. RedisQueueOptions.All];

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var redis = RedisOptions.Read(context.Configuration);
        var keys = new StreamKeys(redis, RedisQueueOptions.Read(context.Configuration));
        services.TryAddSingleton(provider => new RedisConnection(redis, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(keys);
        if (context.Hosts("documents"))
            services.AddSingleton<IJobAnnouncer, StreamAnnouncer>();
        if (context.Hosts("ingestion"))
            services.AddSingleton<IJobReceiver, StreamReceiver>();
    }

    public override async ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) =>
        await RedisFindings.OfAsync(RedisOptions.Read(context.Configuration), context.Time, Durability, cancellationToken).ConfigureAwait(false);

    private static IEnumerable<Finding> Durability(IReadOnlyDictionary<string, string> info)
    {
        // A warning: the outbox tells again what is lost, after queue:announce_again_seconds.
        yield return info.GetValueOrDefault("aof_enabled") == "1"
            ? new Finding(true, "appendonly yes: notices survive a restart of Redis")
            : new Finding(true, "appendonly no: a restart of Redis forgets notices; each document then waits until it is announced again", "set appendonly yes if that wait (queue:announce_again_seconds) is too long");
        if (info.GetValueOrDefault("maxmemory_policy") is { } policy && policy.StartsWith("allkeys", StringComparison.Ordinal) && info.GetValueOrDefault("maxmemory") != "0")
            yield return new Finding(false, $"maxmemory-policy {policy} may evict the queue's stream", "give the queue a Redis of its own with noeviction, or set volatile-lru");
    }
}
