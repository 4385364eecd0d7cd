using Rag.Hosting;

namespace Rag.Host.Serving;

/// <summary>What the configuration says of a process, whatever services it hosts.</summary>
internal static class ProcessSettings
{
    /// <summary>The largest message between services: an upload of 32 MiB, or what a batch of ingestion makes of 16 MiB, and room to spare.</summary>
    public static Setting<int> GrpcMessageBytes { get; } =
        Setting.Whole("grpc_message_bytes", 64 << 20, 1 << 20, 1 << 30, "The largest message between services, in bytes, both ways");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Text("config", null, "The configuration file; rag.yaml in the working folder where none is named (--config)"),
        Setting.Text("data", "rag-data", "The data folder, made when absent (--data)"),
        Setting.Text("urls", Settings.DefaultUrl, "Where the public API listens with HTTP/1.1, several by ';' (--urls)"),
        Setting.Text("http2_urls", null, "Where it listens with HTTP/2 without TLS, several by ';' (--http2-urls)"),
        Setting.Text("services", null, "Which services the process hosts, several by ','; all where none is named (--services)"),
        Setting.Text("grpc", null, "Where other processes reach its services: unix:/path/x.sock or http://HOST:PORT (--grpc)"),
        Setting.Section("peers", "SERVICE: ADDRESS[,ADDRESS…]", "Where services are that it doesn't host (--peer)"),
        GrpcMessageBytes,
        Setting.Section("replicas", "SERVICE: NUMBER", "How many processes of a service 'rag up' runs (--replicas)"),
        Setting.Section("together", "a list of SERVICE,SERVICE…", "Services that share a process of 'rag up' (--together)"),
        Setting.Address("status_url", null, "The address of the supervisor of 'rag up'; a free port where none is named (--status-url)"),
        Setting.Whole("parent", 0, 0, int.MaxValue, "Stop when the process of this number is gone; 0 for none (--parent)"),
        Setting.Choice("log", "text", ["text", "json", "ecs"], "How log lines on standard error are written: for eyes, as .NET's JSON, or as JSON in the Elastic Common Schema with trace ids (--log)"),
        Setting.Section("logging", "LogLevel: { CATEGORY: LEVEL }", "What is logged, as in every .NET program"),
    ];
}
