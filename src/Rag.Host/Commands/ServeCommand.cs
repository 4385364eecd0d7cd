using System.CommandLine;
using System.Globalization;
using Rag.Host.Serving;
using Rag.Hosting;

namespace Rag.Host.Commands;

/// <summary><c>rag serve</c>.</summary>
internal static class ServeCommand
{
    /// <param name="modules">The list of services.</param>
    public static Command Create(IReadOnlyList<ServiceModule> modules)
    {
        var services = new Option<string[]>("--services") { Description = "Which services to host, such as embedding,vectors; 'rag list' names them. Default: all", AllowMultipleArgumentsPerToken = true };
        var peers = new Option<string[]>("--peer") { Description = "Where a service is that is not hosted here: SERVICE=ADDRESS[,ADDRESS…], once for each service" };
        var grpc = new Option<string?>("--grpc") { Description = "Where other processes reach this one's services: unix:/path/x.sock or http://HOST:PORT. Who reaches it is trusted" };
        var replicas = new Option<int?>("--replicas-of-gateway") { Description = "How many gateways serve the same users. Default 1" };
        var worker = new Option<string?>("--worker") { Description = "The ingestion worker's name, the same after a restart and no other's: it then gets back at once what it held when it died" };
        var system = new SystemOptions();
        var command = new Command("serve", "Serve all services in this process, or some of them") { services, peers, grpc, replicas, worker };
        system.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            var settings = system.Read(parsed);
            settings.SetIfGiven("services", parsed.GetValue(services) is { Length: > 0 } s ? string.Join(',', s) : null);
            settings.SetIfGiven("grpc", parsed.GetValue(grpc));
            settings.SetIfGiven("gateway:replicas", parsed.GetValue(replicas)?.ToString(CultureInfo.InvariantCulture));
            settings.SetIfGiven("ingestion:worker", parsed.GetValue(worker));
            foreach (var peer in (parsed.GetValue(peers) ?? []).Select(peer => peer.Split('=', 2)).GroupBy(parts => parts[0], parts => parts.ElementAtOrDefault(1)))
                settings.SetIfGiven($"peers:{peer.Key}", string.Join(',', peer));
            return Server.RunAsync(settings, system.Parent(parsed), modules);
        });
        return command;
    }
}
