using System.Text.Json;
using Rag.Tests.Engines;
using Xunit;

namespace EndToEnd.Tests.Samples;

/// <summary>The runs of <see cref="ForeignFailureTests"/>, at the same time on two systems, since thirty users take a small part of a processor. Both begin with the first that is asked for.</summary>
public sealed class ForeignRuns
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Lazy<(Task<(Dictionary<string, string> Generation, int Starts, Dictionary<string, string> Vectors)>? Python, Task<Dictionary<string, string>> Chat)> _both =
        new(() => (FastApiRagSystem.Missing() is null ? RunPythonAsync() : null, RunChatAsync()));

    /// <summary>The Python service without its LLM, how often that was started, and the service without its vector store: the result of each objective.</summary>
    internal Task<(Dictionary<string, string> Generation, int Starts, Dictionary<string, string> Vectors)> PythonAsync() => _both.Value.Python!;

    /// <summary>A server of the OpenAI API that is killed: the result of each objective.</summary>
    internal Task<Dictionary<string, string>> ChatAsync() => _both.Value.Chat;

    private static async Task<(Dictionary<string, string> Generation, int Starts, Dictionary<string, string> Vectors)> RunPythonAsync()
    {
        await using var chroma = await EngineServer.StartAsync("chroma");
        await using var llm = await SupervisedLlm.StartAsync();
        await using var service = await EngineServer.StartAsync("fastapi-rag", new Dictionary<string, string> { ["CHROMA_URL"] = $"http://{chroma.Address}", ["LLM_URL"] = $"{llm.Url}/v1" });
        using var folder = new TemporaryFolder();
        var profile = folder["target.yaml"];
        await File.WriteAllTextAsync(profile, (await File.ReadAllTextAsync(Path.Combine(Binaries.Root, "samples", "fastapi-rag", "target.yaml")))
            .Replace("port:8100", $"port:{llm.Port}", StringComparison.Ordinal).Replace("port:8001", $"port:{chroma.Port}", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:8000", $"http://{service.Address}", StringComparison.Ordinal));
        var generation = await RunAsync(folder["generation"], profile, "generation", ["--set", "data.documents=200"]);
        // Nobody supervises the store, so it stands still instead.
        var vectors = await RunAsync(folder["vectors"], profile, "vectors", ["--set", "data.documents=200", "--set", "faults.outage={at: 3m, for: 3m, freeze: vectors}"]);
        return (generation, llm.Starts, vectors);
    }

    private static async Task<Dictionary<string, string>> RunChatAsync()
    {
        await using var llm = await SupervisedLlm.StartAsync();
        using var folder = new TemporaryFolder();
        var profile = folder["target.yaml"];
        await File.WriteAllTextAsync(profile, (await File.ReadAllTextAsync(Path.Combine(Binaries.Root, "plans", "targets", "openai-chat.yaml"))) + $"\nparts: {{ generation: 'port:{llm.Port}' }}\n");
        return await RunAsync(
            folder["run"], $"{profile}@{llm.Url}", "generation", ["--set", "load.mix={query: 100}", "--set", "data.documents=0"], "errors < 1%", "recovery < 30s", "breaker.trigger < 5s");
    }

    private static async Task<Dictionary<string, string>> RunAsync(string folder, string target, string part, string[] more, params string[] objectives)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var loadline = new LoadlineProcess(new Dictionary<string, string> { ["OPENAI_API_KEY"] = "unused" }, [
                "run", "service-failure", "--target", target, "--variant", $"service={part}", "--users", "30", "--time-scale", "0.04", "--set", "load.watch=100%",
                // Of a quarter of an hour what five good seconds before the fault and after it need.
                "--set", "load.phases={up: 20s, hold: 11m, down: 20s}", "--set", "faults.outage.at=3m", "--out", folder, .. more,
                .. objectives.Length > 0 ? new[] { "--set", $"objectives=[{string.Join(", ", objectives)}]" } : []]);
            var code = await loadline.ExitAsync(Patience);
            if (code == 98 && attempt < 3 && loadline.Output.Contains("the load generator", StringComparison.Ordinal))
            {
                // Where other work takes the processor away it can't be judged.
                Directory.Delete(folder, recursive: true);
                continue;
            }
            Assert.True(code is 0 or 99, loadline.Output);
            using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "summary.json")));
            return summary.RootElement.GetProperty("objectives").EnumerateArray().ToDictionary(o => o.GetProperty("text").GetString()!, o => o.GetProperty("result").GetString()!);
        }
    }
}
