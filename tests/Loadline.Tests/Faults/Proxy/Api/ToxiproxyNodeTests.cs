using System.Diagnostics;
using System.Text.Json;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Faults.Proxy.Api;

/// <summary>Toxiproxy's own Node client against <c>loadline proxy</c>, each a process of its own; <c>toxiproxy-client.mjs</c> makes the calls.</summary>
public class ToxiproxyNodeTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Toxiproxys_Node_client_works_against_loadline_proxy()
    {
        var (code, version) = await RunAsync("bash", Repository.PathOf("eng/clients/toxiproxy-node.sh"), "installed");
        if (code != 0)
            Assert.Skip(version);
        using var server = new HelloServer();
        using var proxy = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Loadline.Cli.dll"), "proxy", "--listen", "127.0.0.1:0"]) { RedirectStandardOutput = true })!;
        try
        {
            var line = await proxy.StandardOutput.ReadLineAsync().WaitAsync(Bound);
            Assert.StartsWith("listening on http://127.0.0.1:", line);
            var (exit, said) = await RunAsync(
                "bash", Repository.PathOf("eng/clients/toxiproxy-node.sh"), "run", Repository.PathOf("tests/Loadline.Tests/Faults/Proxy/Api/toxiproxy-client.mjs"), line!["listening on ".Length..], server.Address);
            Assert.True(exit == 0, said);
            AssertCalls(said.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(each => JsonDocument.Parse(each).RootElement.GetProperty("name").ToString()), server.Address);
        }
        finally
        {
            proxy.Kill();
        }
    }

    private static void AssertCalls(Dictionary<string, string> calls, string upstream)
    {
        const string Hello = "\"status\":200,\"text\":\"hello\"";
        const string Failed = "\"error\":\"Request failed with status code";
        var expected = new Dictionary<string, string>
        {
            ["version"] = "{\"name\":\"version\",\"version\":\"2.12.0\"}",
            ["create"] = $"{{\"name\":\"create\",\"proxy\":{{\"enabled\":true,\"listen\":true,\"name\":\"server\",\"upstream\":\"{upstream}\"}}}}",
            ["create again"] = $"{{\"name\":\"create again\",{Failed} 409\",\"code\":null}}",
            ["create without a server"] = $"{{\"name\":\"create without a server\",{Failed} 400\",\"code\":null}}",
            ["plain"] = $"{{\"name\":\"plain\",{Hello},\"slow\":false}}",
            ["add"] = "{\"name\":\"add\",\"toxic\":{\"attributes\":{\"latency\":200,\"jitter\":0},\"name\":\"late\",\"stream\":\"downstream\",\"toxicity\":1,\"type\":\"latency\"}}",
            ["late"] = $"{{\"name\":\"late\",{Hello},\"slow\":true}}",
            ["add again"] = $"{{\"name\":\"add again\",{Failed} 409\",\"code\":null}}",
            ["add what is unknown"] = $"{{\"name\":\"add what is unknown\",{Failed} 400\",\"code\":null}}",
            ["update"] = "{\"name\":\"update\",\"toxic\":{\"attributes\":{\"latency\":1,\"jitter\":1},\"name\":\"late\",\"stream\":\"downstream\",\"toxicity\":0.5,\"type\":\"latency\"}}",
            ["remove"] = "{\"name\":\"remove\",\"gone\":true}",
            ["all of Toxiproxy"] = "{\"name\":\"all of Toxiproxy\",\"bandwidth\":true,\"slow_close\":true,\"timeout\":true,\"reset_peer\":true,\"slicer\":true,\"limit_data\":true}",
            ["reset peer"] = "{\"name\":\"reset peer\",\"error\":\"fetch failed\",\"code\":\"ECONNRESET\"}",
            ["disable"] = "{\"name\":\"disable\",\"enabled\":false,\"asked\":\"ECONNREFUSED\"}",
            ["reset"] = $"{{\"name\":\"reset\",\"enabled\":true,\"toxics\":[],{Hello},\"slow\":false}}",
            ["ours"] = "{\"name\":\"ours\",\"statuses\":[429,200],\"type\":\"requests\"}",
            ["populate"] = "{\"name\":\"populate\",\"names\":[\"server\",\"second\"],\"kept\":\"http_status\",\"same\":true}",
            ["all"] = "{\"name\":\"all\",\"names\":[\"second\",\"server\"]}",
            ["delete"] = "{\"name\":\"delete\",\"names\":[\"second\"]}",
            ["get what is gone"] = $"{{\"name\":\"get what is gone\",{Failed} 404\",\"code\":null}}",
        };
        foreach (var (name, call) in expected)
        {
            // How slow a plain request is isn't the client's business here, nor this machine's.
            var said = name is "plain" or "reset" ? calls[name].Replace("\"slow\":true", "\"slow\":false", StringComparison.Ordinal) : calls[name];
            Assert.Equal(call, said);
        }
        Assert.Contains(calls.Values, call => call.Contains("\"name\":\"slow_close_upstream\"", StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Said)> RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var late = new CancellationTokenSource(Bound);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(late.Token), process.StandardError.ReadToEndAsync(late.Token));
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, process.ExitCode == 0 ? await output : (await error).Trim());
    }
}
