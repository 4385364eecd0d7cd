using System.Diagnostics;
using System.Text.Json;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Gateway;

/// <summary>OpenAI's own Node client against our gateway; <c>openai-client.mjs</c> makes the calls.</summary>
public class OpenAiNodeTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task OpenAIs_Node_client_works_against_our_endpoint()
    {
        var script = Path.Combine(EngineServer.Repository(), "eng", "clients", "openai-node.sh");
        var (code, version) = await RunAsync("bash", script, "installed");
        if (code != 0)
            Assert.Skip(version);
        await using var server = await GatewayServer.StartAsync();
        var limited = await server.KeyAsync("ann", limit: 1);
        var (exit, said) = await RunAsync(
            "bash", script, "run", Path.Combine(EngineServer.Repository(), "tests", "Rag.Tests", "Gateway", "openai-client.mjs"), server.Http.BaseAddress!.ToString().TrimEnd('/'), GatewayServer.DevKey, limited);
        Assert.True(exit == 0, said);
        var calls = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(call => call.GetProperty("name").GetString()!, call => call.ToString());

        const string Answer = "\"text\":\"Hello \\\"world\\\"\\né\",\"finish\":\"stop\",\"tokens\":15";
        Assert.Equal($$"""{"name":"chat",{{Answer}}}""", calls["chat"]);
        Assert.Equal($$"""{"name":"stream","role":"assistant",{{Answer}}}""", calls["stream"]);
        Assert.Equal("""{"name":"left","left":true}""", calls["left"]);
        Assert.Equal("""{"name":"embeddings","vectors":[[1,0.5,-0.3333333432674408],[3,0.5,-0.3333333432674408]],"tokens":2}""", calls["embeddings"]);
        Assert.StartsWith("""{"name":"floats","vectors":[[1,0.5,-0.33333""", calls["floats"]);
        Assert.Equal("""{"name":"models","ids":["fake-llm","tiny"],"one":"tiny"}""", calls["models"]);
        AssertRefused(calls["no model"], 404, "NotFoundError");
        AssertRefused(calls["wrong size"], 400, "BadRequestError");
        AssertRefused(calls["no messages"], 400, "BadRequestError", "\"param\":\"messages\"");
        AssertRefused(calls["wrong key"], 401, "AuthenticationError", "\"code\":\"invalid_api_key\"");
        AssertRefused(calls["over the limit"], 429, "RateLimitError", "\"retryAfter\":\"");
    }

    private static void AssertRefused(string call, int status, string kind, string besides = "")
    {
        Assert.Contains($"\"status\":{status},\"kind\":\"{kind}\"", call);
        Assert.Contains(besides, call);
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
