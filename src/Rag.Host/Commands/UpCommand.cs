using System.CommandLine;
using Rag.Host.Supervising;

namespace Rag.Host.Commands;

/// <summary><c>rag up</c>.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var status = new Option<string?>("--status-url") { Description = "The supervisor's own address: /status, /health/ready, /targets. Default: a free port of 127.0.0.1" };
        var replicas = new Option<string[]>("--replicas") { Description = "Several processes of a service, such as embedding=2,query=2. Further gateways take free ports", AllowMultipleArgumentsPerToken = true };
        var together = new Option<string[]>("--together") { Description = "Services that share a process, such as gateway,query,search; once for each such process. On a machine with few processors it saves what calls between processes cost" };
        var restartFrozen = new Option<bool>("--restart-frozen") { Description = "Kill, and so restart, a process that answers nothing for 10 s; otherwise it is only reported" };
        var system = new SystemOptions();
        var command = new Command("up", "Run each service as a process of its own on this machine, and keep them running") { replicas, together, status, restartFrozen };
        system.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            var settings = system.Read(parsed);
            foreach (var (name, value) in Replicas.Settings(parsed.GetValue(replicas) ?? []))
                settings[name] = value;
            foreach (var (name, value) in ServiceGroups.Settings(parsed.GetValue(together) ?? []))
                settings[name] = value;
            settings.SetIfGiven("status_url", parsed.GetValue(status));
            return Up.RunAsync(settings, new SupervisionRules { RestartFrozen = parsed.GetValue(restartFrozen) }, system.Parent(parsed));
        });
        return command;
    }
}
