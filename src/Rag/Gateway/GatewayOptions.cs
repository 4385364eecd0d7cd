using Microsoft.Extensions.Configuration;
using Rag.Hosting;

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

    public static GatewayOptions Read(IConfiguration configuration)
    {
        var settings = new SettingsReader(configuration);
        int Whole(string path, int fallback, int min, int max) => (int)settings.Whole(path, fallback, min, max);
        var options = new GatewayOptions
        {
            JsonBytes = Whole("gateway:json_bytes", 1 << 20, 1024, 1 << 28),
            FileBytes = Whole("gateway:file_bytes", 32 << 20, 1024, 1 << 30),
            InFlight = Whole("gateway:in_flight", 8192, 1, 1_000_000),
            Replicas = Whole("gateway:replicas", 1, 1, 1000),
            Shedding = settings.Switch("gateway:shedding", true) && !settings.Switch("seams:naive", false),
            SheddingLeast = Whole("gateway:shedding_least", 16, 1, 1_000_000),
            SheddingFirst = Whole("gateway:shedding_first", 2048, 1, 1_000_000),
            SheddingMost = Whole("gateway:shedding_most", 4096, 1, 1_000_000),
            KnownKeyTime = TimeSpan.FromMinutes(Whole("gateway:known_key_minutes", 60, 0, 10_080)),
            AnswerTime = TimeSpan.FromSeconds(Whole("gateway:answer_seconds", 120, 1, 3600)),
            RequestTime = TimeSpan.FromSeconds(Whole("gateway:request_seconds", 30, 1, 3600)),
            AdminKey = configuration["admin_key"] is { Length: > 0 } key
                ? key.Length >= 16 ? key : throw new InvalidOperationException($"admin_key: {key.Length} characters are too few; expected at least 16")
                : null,
        };
        settings.ThrowIfWrong();
        return options.SheddingMost >= options.SheddingLeast ? options
            : throw new InvalidOperationException($"gateway:shedding_most: {options.SheddingMost} is less than gateway:shedding_least, {options.SheddingLeast}");
    }
}
