namespace Rag.Gateway;

/// <summary>Limits of the public API; the configuration section <c>gateway</c>.</summary>
internal sealed record GatewayOptions
{
    /// <summary>The largest JSON body in bytes, <c>gateway:json_bytes</c>; default 1 MiB.</summary>
    public int JsonBytes { get; init; } = 1 << 20;

    /// <summary>The largest uploaded file in bytes, <c>gateway:file_bytes</c>; default 32 MiB.</summary>
    public int FileBytes { get; init; } = 32 << 20;

    /// <summary>Requests worked on at once, <c>gateway:in_flight</c>; default 8192. Past them 503 at once.</summary>
    public int InFlight { get; init; } = 8192;

    /// <summary>How many gateways there are, <c>gateway:replicas</c>; default 1. While the shared rate limits can't be had, each lets 1/N of a user's limit pass.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>
    /// Whether requests are refused when the system behind is slower than it can bear, <c>gateway:shedding</c>; default true. Off under <c>seams:naive</c>.
    /// </summary>
    public bool Shedding { get; init; } = true;

    /// <summary>The least limit that shedding goes down to, for each class of work, <c>gateway:shedding_least</c>; default 16 requests at once.</summary>
    public int SheddingLeast { get; init; } = 16;

    /// <summary>The limit before anything was seen, <c>gateway:shedding_first</c>; default 2048: a thousand users who come at once after a start are let in.</summary>
    public int SheddingFirst { get; init; } = 2048;

    /// <summary>The limit that shedding goes up to, <c>gateway:shedding_most</c>; default 4096.</summary>
    public int SheddingMost { get; init; } = 4096;

    /// <summary>How long after identity last confirmed a key it works without identity, <c>gateway:known_key_minutes</c>; default 60, 0 switches it off.</summary>
    public TimeSpan KnownKeyTime { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>The most keys remembered for that; 100,000 (about 30 MB).</summary>
    public int KnownKeys { get; init; } = 100_000;

    /// <summary>Seconds that an answer may take, <c>gateway:answer_seconds</c>; default 120.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Seconds that any other request may take, <c>gateway:request_seconds</c>; default 30.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The key that may issue keys over HTTP, <c>admin_key</c>; null leaves that endpoint out.</summary>
    public string? AdminKey { get; init; }
}
