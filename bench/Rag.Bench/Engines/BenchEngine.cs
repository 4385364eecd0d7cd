namespace Rag.Bench.Engines;

/// <summary>A real engine as the benches use it.</summary>
/// <param name="Name">The script in <c>eng/engines</c> that runs it.</param>
/// <param name="Services">Services that ask it while their callers wait; none where it works behind everybody's back.</param>
/// <param name="Excused">Kinds of requests that can't be done without it: an honest refusal (503 with Retry-After) is the right answer then.</param>
/// <param name="Codes">How the codes of degraded answers begin that are its doing.</param>
/// <param name="MostConnections">The most connections to it that the system's processes may hold together.</param>
/// <param name="Settings">How the system is told to use it, given where it listens.</param>
internal sealed record BenchEngine(
    string Name, IReadOnlyList<string> Services, IReadOnlyList<string> Excused, IReadOnlyList<string> Codes, int MostConnections, Func<EngineAddress, IReadOnlyDictionary<string, string>> Settings)
{
    /// <summary>The mock cluster, which is no server of its own.</summary>
    public const string Mock = "kafka-mock";

    /// <summary>All of them. Each takes a seam or two; together postgres, redis, kafka and chroma take every seam of which a server can be the engine but keywords.</summary>
    public static IReadOnlyList<BenchEngine> All { get; } =
    [
        // In place of postgres and chroma: one server for documents, identity and vectors, a pool of 16 in each of three processes.
        new("pgvector", ["documents", "identity", "vectors"], ["upload"], ["documents", "identity", "vectors"], 48, at => new Dictionary<string, string>
        {
            ["documents:engine"] = "postgres",
            ["identity:engine"] = "postgres",
            ["vectors:engine"] = "pgvector",
            ["postgres:connection"] = $"Host={at.Host};Port={at.Port};Database=postgres;Username=postgres",
        }),
        // A pool of 16 (postgres:pool) in each of two processes.
        new("postgres", ["documents", "identity"], ["upload"], ["documents", "identity"], 32, at => new Dictionary<string, string>
        {
            ["documents:engine"] = "postgres",
            ["identity:engine"] = "postgres",
            ["postgres:connection"] = $"Host={at.Host};Port={at.Port};Database=postgres;Username=postgres",
        }),
        // One connection for commands and one for what is told to all; while one is replaced, the kernel still has the old one.
        new("redis", ["caching"], [], ["caching"], 4, at => new Dictionary<string, string> { ["caching:engine"] = "redis", ["redis:connection"] = $"{at.Host}:{at.Port}" }),
        // A producer, a consumer, and two that look at the group: each has a connection to bootstrap by, one to the broker and one to the coordinator; the broker has some to itself.
        new("kafka", [], [], [], 12, at => new Dictionary<string, string>
        {
            ["queue:engine"] = "kafka",
            ["kafka:bootstrap_servers"] = $"{at.Host}:{at.Port}",
            ["kafka:client:enable.idempotence"] = "false",
            ["kafka:client:api.version.request"] = "false",
            ["kafka:client:broker.version.fallback"] = "0.9.0",
        }),
        // The modern protocol: headers and an idempotent producer. It lives in the bench's own process and can't be hurt.
        new(Mock, [], [], [], 36, at => new Dictionary<string, string> { ["queue:engine"] = "kafka", ["kafka:bootstrap_servers"] = $"{at.Host}:{at.Port}" }),
        // chroma:connections
        new("chroma", ["vectors"], [], ["vectors"], 32, at => new Dictionary<string, string> { ["vectors:engine"] = "chroma", ["chroma:url"] = $"http://{at.Host}:{at.Port}" }),
    ];

    /// <summary>Those that run as a server of their own, which can be killed.</summary>
    public static IEnumerable<BenchEngine> Servers => All.Where(engine => engine.Name != Mock);

    /// <summary>A whole deployment: a server for every seam that takes one.</summary>
    public static IReadOnlyList<string> Deployment { get; } = ["postgres", "redis", "kafka", "chroma"];

    /// <summary>An engine by its name.</summary>
    public static BenchEngine Of(string name) => All.FirstOrDefault(engine => engine.Name == name)
        ?? throw new ArgumentException($"--engines: '{name}' is not permitted; expected some of {string.Join(", ", All.Select(engine => engine.Name))}");
}

/// <summary>Where an engine listens.</summary>
internal readonly record struct EngineAddress(string Host, int Port);
