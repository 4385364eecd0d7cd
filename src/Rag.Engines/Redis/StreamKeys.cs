using System.Globalization;
using StackExchange.Redis;

namespace Rag.Engines.Redis;

/// <summary>What the queue's things are called in Redis, and how it is set; one hash tag, since scripts work in one slot.</summary>
internal sealed class StreamKeys(RedisOptions redis, RedisQueueOptions queue)
{
    private readonly string _prefix = $"{{{redis.Prefix}:queue}}";

    /// <summary>The stream of notices.</summary>
    public RedisKey Jobs => $"{_prefix}:jobs";

    /// <summary>The stream of dead letters.</summary>
    public RedisKey Dead => $"{_prefix}:dead";

    /// <summary>The group of the ingestion processes.</summary>
    public static RedisValue Group => "ingestion";

    /// <summary>Where the stream's growth is published.</summary>
    public RedisChannel Grown => RedisChannel.Literal($"{_prefix}:grown:{redis.Database.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>How it is set.</summary>
    public RedisQueueOptions Options => queue;
}
