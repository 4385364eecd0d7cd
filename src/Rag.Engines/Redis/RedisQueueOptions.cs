using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.Redis;

/// <summary>How notices of work are kept in Redis Streams.</summary>
internal sealed record RedisQueueOptions
{
    /// <summary>The bound.</summary>
    public static readonly Setting<int> MaxLengthSetting = Setting.Whole(
        "redis:queue_length", 200_000, 1_000, 100_000_000, "The most entries of the streams of notices and of dead letters; past them the oldest go, and notices are told again");

    /// <summary>The end of patience.</summary>
    public static readonly Setting<TimeSpan> StuckSetting = Setting.Seconds(
        "redis:stuck_seconds", 60, 0.5, 86_400, "How long an ingestion process may have a notice before others ask for its work as well");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [MaxLengthSetting, StuckSetting];

    /// <summary>The most entries of a stream.</summary>
    public int MaxLength { get; init; } = MaxLengthSetting.Default;

    /// <summary>How long a notice may be in one process's hands.</summary>
    public TimeSpan Stuck { get; init; } = StuckSetting.Default;

    /// <summary>Reads the values.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted.</exception>
    public static RedisQueueOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new RedisQueueOptions { MaxLength = reader.Read(MaxLengthSetting), Stuck = reader.Read(StuckSetting) };
        reader.ThrowIfWrong();
        return options;
    }
}
