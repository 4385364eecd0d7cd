using System.CommandLine;
using System.Globalization;
using Rag.Host.Serving;

namespace Rag.Host.Commands;

/// <summary><c>rag serve</c>.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var urls = new Option<string[]>("--urls") { Description = "Addresses for HTTP/1.1; port 0 takes a free one. Default http://127.0.0.1:8080", AllowMultipleArgumentsPerToken = true };
        var http2 = new Option<string[]>("--http2-urls") { Description = "Further addresses for HTTP/2 without TLS (h2c)", AllowMultipleArgumentsPerToken = true };
        var data = new Option<string?>("--data") { Description = "The data folder, made when absent. Default ./rag-data" };
        var devKey = new Option<string?>("--dev-key") { Description = "An API key that is valid while this process runs: user dev, tenant default, without a limit unless --limit sets one" };
        var adminKey = new Option<string?>("--admin-key") { Description = "Opens POST /admin/keys to this key; better given as RAG_ADMIN_KEY" };
        var limit = new Option<string?>("--limit") { Description = "Requests per minute of users without a limit of their own, such as 300/min. Default 100/min" };
        var llm = new Option<string?>("--llm") { Description = "An OpenAI-compatible server to generate with, such as http://127.0.0.1:9000/v1. Default: the built-in extractive answerer" };
        var model = new Option<string?>("--llm-model") { Description = "The model to ask that server for. Default 'default'" };
        var services = new Option<string[]>("--services") { Description = "Which services to host, such as embedding,vectors; 'rag list' names them. Default: all", AllowMultipleArgumentsPerToken = true };
        var peers = new Option<string[]>("--peer") { Description = "Where a service is that is not hosted here: SERVICE=ADDRESS[,ADDRESS…], once for each service" };
        var grpc = new Option<string?>("--grpc") { Description = "Where other processes reach this one's services: unix:/path/x.sock or http://HOST:PORT. Who reaches it is trusted" };
        var replicas = new Option<int?>("--replicas-of-gateway") { Description = "How many gateways serve the same users. Default 1" };
        var naive = new Option<bool>("--naive") { Description = "Switch off what protects services from each other; to show what it is for" };
        var parent = new Option<int?>("--parent") { Description = "Stop when this process is gone" };
        var command = new Command("serve", "Serve all services in this process, or some of them")
        {
            services, peers, grpc, replicas, naive, urls, http2, data, devKey, adminKey, limit, llm, model, parent,
        };
        command.SetAction((parsed, _) =>
        {
            var settings = new Dictionary<string, string?>();
            Set("urls", parsed.GetValue(urls) is { Length: > 0 } u ? string.Join(';', u) : null);
            Set("http2_urls", parsed.GetValue(http2) is { Length: > 0 } h ? string.Join(';', h) : null);
            Set("parent", parsed.GetValue(parent)?.ToString(CultureInfo.InvariantCulture));
            Set("data", parsed.GetValue(data));
            Set("identity:dev_key", parsed.GetValue(devKey));
            Set("admin_key", parsed.GetValue(adminKey));
            Set("identity:requests_per_minute", RequestLimit.Parse(parsed.GetValue(limit))?.ToString(CultureInfo.InvariantCulture));
            Set("services", parsed.GetValue(services) is { Length: > 0 } s ? string.Join(',', s) : null);
            Set("grpc", parsed.GetValue(grpc));
            Set("gateway:replicas", parsed.GetValue(replicas)?.ToString(CultureInfo.InvariantCulture));
            Set("seams:naive", parsed.GetValue(naive) ? "true" : null);
            foreach (var peer in (parsed.GetValue(peers) ?? []).Select(peer => peer.Split('=', 2)).GroupBy(parts => parts[0], parts => parts.ElementAtOrDefault(1)))
                Set($"peers:{peer.Key}", string.Join(',', peer));
            Set("generation:url", parsed.GetValue(llm));
            Set("generation:model", parsed.GetValue(model));
            return Server.RunAsync(settings, parsed.GetValue(parent));

            void Set(string name, string? value)
            {
                if (value is not null)
                    settings[name] = value;
            }
        });
        return command;
    }
}
