using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.Kafka;

/// <summary>How to reach Kafka and what to call things there; the configuration section <c>kafka</c>.</summary>
internal sealed record KafkaOptions
{
    /// <summary>Where the brokers are.</summary>
    public static readonly Setting<string?> BootstrapServersSetting = Setting.Text("kafka:bootstrap_servers", null, "Kafka's brokers, as HOST:PORT by commas; needed with queue:engine: kafka");

    /// <summary>The topic.</summary>
    public static readonly Setting<string?> TopicSetting = Setting.Text("kafka:topic", "rag.jobs", "The topic that carries notices of work; its dead letters are in TOPIC.dead");

    /// <summary>The group.</summary>
    public static readonly Setting<string?> GroupSetting = Setting.Text("kafka:group", "rag.ingestion", "The consumer group of the ingestion processes");

    /// <summary>Partitions.</summary>
    public static readonly Setting<int> PartitionsSetting = Setting.Whole("kafka:partitions", 12, 1, 10_000, "Partitions of the topic when rag migrate makes it: the most ingestion processes that share the work");

    /// <summary>Copies.</summary>
    public static readonly Setting<int> ReplicationSetting = Setting.Whole("kafka:replication", 1, 1, 100, "Copies of each partition when rag migrate makes the topic");

    /// <summary>The time-out.</summary>
    public static readonly Setting<TimeSpan> TimeoutSetting = Setting.Milliseconds("kafka:timeout_ms", 5_000, 100, 300_000, "The longest that the brokers may take to answer");

    /// <summary>The session.</summary>
    public static readonly Setting<TimeSpan> SessionSetting = Setting.Seconds("kafka:session_seconds", 10, 1, 1_800, "How long an ingestion process may be silent before its partitions go to others");

    /// <summary>The end of patience.</summary>
    public static readonly Setting<TimeSpan> StuckSetting = Setting.Seconds("kafka:stuck_seconds", 300, 1, 86_400, "How long an ingestion process may leave received notices lying before its partitions go to others");

    /// <summary>Static membership.</summary>
    public static readonly Setting<string?> MemberSetting = Setting.Text("kafka:member", null, "This process's fixed name in the group, no other's: a restart within the session then moves no partition; needs Kafka 2.3");

    /// <summary>What librdkafka is told besides.</summary>
    public static readonly Setting ClientSetting = Setting.Section("kafka:client", "settings of librdkafka by their own names", "Further settings of the client, such as security.protocol, sasl.password or api.version.request; they go before ours");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        BootstrapServersSetting, TopicSetting, GroupSetting, PartitionsSetting, ReplicationSetting, TimeoutSetting, SessionSetting, StuckSetting, MemberSetting, ClientSetting,
    ];

    /// <summary>The brokers.</summary>
    public required string BootstrapServers { get; init; }

    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The topic of dead letters.</summary>
    public string DeadTopic => Topic + ".dead";

    /// <summary>The consumer group.</summary>
    public required string Group { get; init; }

    /// <summary>Partitions of a topic that is made.</summary>
    public int Partitions { get; init; } = PartitionsSetting.Default;

    /// <summary>Copies of a topic that is made.</summary>
    public int Replication { get; init; } = ReplicationSetting.Default;

    /// <summary>The longest that the brokers may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeoutSetting.Default;

    /// <summary>How long a member may be silent.</summary>
    public TimeSpan Session { get; init; } = SessionSetting.Default;

    /// <summary>How long received notices may lie.</summary>
    public TimeSpan Stuck { get; init; } = StuckSetting.Default;

    /// <summary>The member's fixed name; null for none.</summary>
    public string? Member { get; init; }

    /// <summary>What librdkafka is told besides.</summary>
    public IReadOnlyDictionary<string, string> Client { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are missing or not permitted, all at once.</exception>
    public static KafkaOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var servers = reader.Read(BootstrapServersSetting);
        // An empty address would make the client try for minutes.
        if (string.IsNullOrWhiteSpace(servers) || servers.Split(',').Any(string.IsNullOrWhiteSpace))
            reader.Refuse($"{BootstrapServersSetting.Path}: '{servers}' is not permitted; expected addresses of Kafka's brokers such as 10.0.0.5:9092,10.0.0.6:9092");
        var options = new KafkaOptions
        {
            BootstrapServers = servers ?? "",
            Topic = reader.Read(TopicSetting)!,
            Group = reader.Read(GroupSetting)!,
            Partitions = reader.Read(PartitionsSetting),
            Replication = reader.Read(ReplicationSetting),
            Timeout = reader.Read(TimeoutSetting),
            Session = reader.Read(SessionSetting),
            Stuck = reader.Read(StuckSetting),
            Member = reader.Read(MemberSetting),
            Client = configuration.GetSection(ClientSetting.Path).AsEnumerable(makePathsRelative: true)
                .Where(pair => pair is { Key.Length: > 0, Value: not null }).ToDictionary(pair => pair.Key.Replace(':', '.'), pair => pair.Value!),
        };
        if (options.Topic.Length > 240 || options.Topic.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')))
            reader.Refuse($"{TopicSetting.Path}: '{options.Topic}' is not permitted; expected at most 240 letters a-z A-Z, digits and . _ -");
        reader.ThrowIfWrong();
        return options;
    }

    /// <summary>Settings of one who writes: durable on all copies that are in step, never twice by a retry of the client.</summary>
    public ProducerConfig Producer() => With(new ProducerConfig
    {
        BootstrapServers = BootstrapServers,
        ClientId = "rag-documents",
        Acks = Acks.All,
        EnableIdempotence = true,
        MessageTimeoutMs = (int)Timeout.TotalMilliseconds,
        SocketTimeoutMs = SocketTimeout,
        SocketConnectionSetupTimeoutMs = 1_000,
        ReconnectBackoffMaxMs = 1_000,
        LingerMs = 2,
        QueueBufferingMaxMessages = 10_000,
    });

    /// <summary>Settings of a member of the group: offsets are those of completed work.</summary>
    public ConsumerConfig Consumer() => With(new ConsumerConfig
    {
        BootstrapServers = BootstrapServers,
        ClientId = "rag-ingestion",
        GroupId = Group,
        GroupInstanceId = Member,
        EnableAutoCommit = true,
        AutoCommitIntervalMs = 500,
        EnableAutoOffsetStore = false,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        SessionTimeoutMs = (int)Session.TotalMilliseconds,
        HeartbeatIntervalMs = (int)Math.Min(Session.TotalMilliseconds / 4, 3_000),
        PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        AllowAutoCreateTopics = true,
        TopicMetadataRefreshIntervalMs = 10_000,
        SocketTimeoutMs = SocketTimeout,
        SocketConnectionSetupTimeoutMs = 1_000,
        ReconnectBackoffMaxMs = 1_000,
        QueuedMinMessages = 500,
        FetchWaitMaxMs = 100,
    });

    /// <summary>Settings of one who looks at the group and is no member of it.</summary>
    public ConsumerConfig Observer()
    {
        var config = Consumer();
        config.ClientId = "rag-observer";
        config.GroupInstanceId = null;
        config.EnableAutoCommit = false;
        return config;
    }

    // The client's own is a minute: so long would a partition's work wait for an answer that is not coming. Not less than a fetch may take.
    private int SocketTimeout => (int)Math.Max(1_000, Timeout.TotalMilliseconds);

    private T With<T>(T config) where T : ClientConfig
    {
        foreach (var (name, value) in Client)
            if (config is ProducerConfig || name is not ("enable.idempotence" or "acks" or "compression.type" or "linger.ms"))
                config.Set(name, value); // the client complains of a producer's settings to its consumers
        return config;
    }
}
