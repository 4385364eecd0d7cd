using System.CommandLine;
using System.Net.Sockets;
using Loadline.Faults.Proxy;
using Loadline.Faults.Proxy.Api;

namespace Loadline.Cli;

/// <summary><c>loadline proxy</c>: proxies that disturb connections, over Toxiproxy's API.</summary>
internal static class ProxyCommand
{
    public static Command Create()
    {
        var listen = new Option<string>("--listen")
        {
            Description = "Where the API listens; port 0 lets the operating system choose. Who reaches it can reach all that this machine reaches.",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => "127.0.0.1:8474",
        };
        var config = new Option<string?>("--config") { Description = "A file of proxies to begin with: a JSON array of {name, listen, upstream, enabled}, as Toxiproxy reads it.", HelpName = "FILE" };
        var seed = new Option<ulong>("--seed") { Description = "The seed of everything drawn.", DefaultValueFactory = _ => 1 };
        var command = new Command("proxy", "TCP proxies that disturb connections to anything - delays, resets, stalled token streams - steered over Toxiproxy's HTTP API, so that its clients work.")
        {
            listen, config, seed,
        };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(listen)!, arguments.GetValue(config), arguments.GetValue(seed)));
        return command;
    }

    private static async Task<int> RunAsync(string listen, string? config, ulong seed)
    {
        using var interrupts = new Interrupts("stopping");
        try
        {
            var proxies = config is null ? (ReadOnlyMemory<byte>?)null : await File.ReadAllBytesAsync(config, interrupts.Token).ConfigureAwait(false);
            await using var server = await ProxyServer.StartAsync(Endpoints.Resolve(listen), proxies, TimeProvider.System, seed, interrupts.Token).ConfigureAwait(false);
            Console.WriteLine($"listening on {server.Address.ToString().TrimEnd('/')}");
            foreach (var (name, proxy) in server.Proxies)
                Console.WriteLine($"proxy {name}: {(proxy.Enabled ? $"{proxy.Listen} to {proxy.Upstream}" : "disabled")}");
            await Task.WhenAny(Task.Delay(Timeout.Infinite, interrupts.Token)).ConfigureAwait(false);
            return ExitCode.Passed;
        }
        catch (FormatException problem)
        {
            return Refuse($"--listen {problem.Message}");
        }
        catch (ArgumentException problem)
        {
            return Refuse($"--config {config}: {(problem.InnerException ?? problem).Message}");
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return Refuse($"--config {config}: {problem.Message}");
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            return Refuse($"can't listen on {listen}: {problem.Message}; stop what uses it, or choose another place with --listen (port 0 for any free one)");
        }
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return ExitCode.BadPlan;
    }
}
