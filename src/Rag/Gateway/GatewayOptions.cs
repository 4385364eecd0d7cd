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

    /// <summary>Seconds that an answer may take, <c>gateway:answer_seconds</c>; default 120.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Seconds that any other request may take, <c>gateway:request_seconds</c>; default 30.</summary>
    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The key that may issue keys over HTTP, <c>admin_key</c>; null leaves that endpoint out.</summary>
    public string? AdminKey { get; init; }

    public static GatewayOptions Read(IConfiguration configuration) => new()
    {
        JsonBytes = configuration.Whole("gateway:json_bytes", 1 << 20, 1024, 1 << 28),
        FileBytes = configuration.Whole("gateway:file_bytes", 32 << 20, 1024, 1 << 30),
        InFlight = configuration.Whole("gateway:in_flight", 8192, 1, 1_000_000),
        Replicas = configuration.Whole("gateway:replicas", 1, 1, 1000),
        AnswerTime = TimeSpan.FromSeconds(configuration.Whole("gateway:answer_seconds", 120, 1, 3600)),
        RequestTime = TimeSpan.FromSeconds(configuration.Whole("gateway:request_seconds", 30, 1, 3600)),
        AdminKey = configuration["admin_key"] is { Length: > 0 } key
            ? key.Length >= 16 ? key : throw new InvalidOperationException($"admin_key: {key.Length} characters are too few; expected at least 16")
            : null,
    };
}
