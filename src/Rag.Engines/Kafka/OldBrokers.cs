using Confluent.Kafka;

namespace Rag.Engines.Kafka;

/// <summary>
/// What brokers before 0.10 and 0.11 need the client to be told: they can't say what they understand, and an idempotent producer (from 0.11 on) never gets ready
/// with them. Nobody but the one who runs them can tell the client; <c>rag check</c> says exactly what to set.
/// </summary>
internal static class OldBrokers
{
    private static readonly Version Idempotence = new(0, 11);
    private static readonly Version CreateTopics = new(0, 10, 1);

    private static readonly IReadOnlyDictionary<string, string> Needed = new Dictionary<string, string>
    {
        ["api.version.request"] = "false",
        ["broker.version.fallback"] = "0.9.0",
        ["enable.idempotence"] = "false",
    };

    /// <summary>Whether brokers so configured can be told to make a topic.</summary>
    public static bool MakeTopics(KafkaOptions options) => VersionOf(options) is not { } version || version >= CreateTopics;

    /// <summary>What the configuration lacks for the brokers that it names itself; null when it lacks nothing.</summary>
    public static Finding? Lacking(KafkaOptions options) =>
        VersionOf(options) is { } version && version < Idempotence && !IsFalse(options, "enable.idempotence")
            ? new Finding(false, $"brokers of version {version}, as kafka:client says, know no idempotent producer, and nothing could be announced", "set kafka:client:enable.idempotence: \"false\"")
            : null;

    /// <summary>Whether brokers that did not answer answer an old client; null when they don't either.</summary>
    /// <param name="options">How they were asked.</param>
    /// <param name="ask">Asks for their metadata; throws where they don't answer.</param>
    public static Finding? Answering(KafkaOptions options, Func<KafkaOptions, Confluent.Kafka.Metadata> ask)
    {
        var missing = Needed.Where(pair => options.Client.GetValueOrDefault(pair.Key) != pair.Value).ToList();
        if (missing.Count == 0)
            return null;
        try
        {
            var client = new Dictionary<string, string>(options.Client);
            foreach (var (name, value) in missing)
                client[name] = value;
            var brokers = ask(options with { Client = client }).Brokers.Count;
            return new Finding(
                false, $"Kafka at {options.BootstrapServers}: {brokers} brokers that answer an old client alone: they are older than 0.10",
                $"set {string.Join(", ", missing.Select(pair => $"kafka:client:{pair.Key}: \"{pair.Value}\""))}");
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    private static bool IsFalse(KafkaOptions options, string name) => string.Equals(options.Client.GetValueOrDefault(name), "false", StringComparison.OrdinalIgnoreCase);

    /// <summary>The version that the client is told to take for granted; null where it asks the brokers.</summary>
    private static Version? VersionOf(KafkaOptions options) =>
        IsFalse(options, "api.version.request") && Version.TryParse(options.Client.GetValueOrDefault("broker.version.fallback", "0.10.0"), out var version)
            ? new Version(version.Major, version.Minor, Math.Max(version.Build, 0)) : null;
}
