using System.CommandLine;
using System.Globalization;
using Rag.Host.Supervising;

namespace Rag.Host.Commands;

/// <summary><c>rag up</c>.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var urls = new Option<string[]>("--urls") { Description = "The gateway's addresses for HTTP/1.1; port 0 takes a free one. Default http://127.0.0.1:8080", AllowMultipleArgumentsPerToken = true };
        var http2 = new Option<string[]>("--http2-urls") { Description = "The gateway's further addresses for HTTP/2 without TLS (h2c)", AllowMultipleArgumentsPerToken = true };
        var status = new Option<string?>("--status-url") { Description = "The supervisor's own address: /status, /health/ready, /targets. Default: a free port of 127.0.0.1" };
        var replicas = new Option<string[]>("--replicas") { Description = "Several processes of a service, such as embedding=2,query=2. Further gateways take free ports", AllowMultipleArgumentsPerToken = true };
        var restartFrozen = new Option<bool>("--restart-frozen") { Description = "Kill, and so restart, a process that answers nothing for 10 s; otherwise it is only reported" };
        var data = new Option<string?>("--data") { Description = "The data folder, made when absent. Default ./rag-data" };
        var devKey = new Option<string?>("--dev-key") { Description = "An API key that is valid while this process runs: user dev, tenant default, without a limit unless --limit sets one" };
        var adminKey = new Option<string?>("--admin-key") { Description = "Opens POST /admin/keys to this key; better given as RAG_ADMIN_KEY" };
        var limit = new Option<string?>("--limit") { Description = "Requests per minute of users without a limit of their own, such as 300/min. Default 100/min" };
        var llm = new Option<string?>("--llm") { Description = "An OpenAI-compatible server to generate with, such as http://127.0.0.1:9000/v1. Default: the built-in extractive answerer" };
        var model = new Option<string?>("--llm-model") { Description = "The model to ask that server for. Default 'default'" };
        var naive = new Option<bool>("--naive") { Description = "Without the protections of calls between services; for comparison only" };
        var parent = new Option<int?>("--parent") { Description = "Stop when this process is gone" };
        var command = new Command("up", "Run each service as a process of its own on this machine, and keep them running")
        {
            urls, http2, status, replicas, restartFrozen, data, devKey, adminKey, limit, llm, model, naive, parent,
        };
        command.SetAction((parsed, _) =>
        {
            var settings = new Dictionary<string, string?>(Replicas.Settings(parsed.GetValue(replicas) ?? []));
            Set("urls", parsed.GetValue(urls) is { Length: > 0 } u ? string.Join(';', u) : null);
            Set("http2_urls", parsed.GetValue(http2) is { Length: > 0 } h ? string.Join(';', h) : null);
            Set("status_url", parsed.GetValue(status));
            Set("parent", parsed.GetValue(parent)?.ToString(CultureInfo.InvariantCulture));
            Set("data", parsed.GetValue(data));
            Set("identity:dev_key", parsed.GetValue(devKey));
            Set("admin_key", parsed.GetValue(adminKey));
            Set("identity:requests_per_minute", RequestLimit.Parse(parsed.GetValue(limit))?.ToString(CultureInfo.InvariantCulture));
            Set("generation:url", parsed.GetValue(llm));
            Set("generation:model", parsed.GetValue(model));
            Set("seams:naive", parsed.GetValue(naive) ? "true" : null);
            return Up.RunAsync(settings, new SupervisionRules { RestartFrozen = parsed.GetValue(restartFrozen) }, parsed.GetValue(parent));

            void Set(string name, string? value)
            {
                if (value is not null)
                    settings[name] = value;
            }
        });
        return command;
    }
}
