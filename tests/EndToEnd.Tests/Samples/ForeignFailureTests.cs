using System.Text.Json;
using EndToEnd.Tests.Runs;
using Rag.Tests.Engines;
using Xunit;

namespace EndToEnd.Tests.Samples;

/// <summary>The plan's scenario of a failing service on systems that have nothing of ours in them: which part runs where is all that Loadline knows of them, by their profiles.</summary>
[Collection(nameof(Undisturbed))]
public sealed class ForeignFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task The_Python_service_gets_over_the_loss_of_its_LLM_and_of_its_vector_store()
    {
        if ((EngineServer.Missing("fastapi-rag") ?? EngineServer.Missing("chroma")) is { } reason)
            Assert.Skip(reason);
        await using var chroma = await EngineServer.StartAsync("chroma");
        await using var llm = await SupervisedLlm.StartAsync();
        await using var service = await EngineServer.StartAsync("fastapi-rag", new Dictionary<string, string> { ["CHROMA_URL"] = $"http://{chroma.Address}", ["LLM_URL"] = $"{llm.Url}/v1" });
        using var folder = new TemporaryFolder();
        var profile = folder["target.yaml"];
        await File.WriteAllTextAsync(profile, (await File.ReadAllTextAsync(Path.Combine(Binaries.Root, "samples", "fastapi-rag", "target.yaml")))
            .Replace("port:8100", $"port:{llm.Port}", StringComparison.Ordinal).Replace("port:8001", $"port:{chroma.Port}", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:8000", $"http://{service.Address}", StringComparison.Ordinal));

        // Without its LLM it answers all the same, at once, and says so; it is brought back, and all is as before.
        var verdicts = await RunAsync(folder["generation"], profile, "generation", ["--set", "data.documents=200"]);
        // Answers that were under way when it was killed are cut: of so short a run that may be one in a hundred.
        Assert.All(verdicts.Where(objective => objective.Key != "errors < 1%"), objective => Assert.True(objective.Value == "PASS", $"{objective}; {string.Join("; ", verdicts)}"));
        Assert.True(llm.Starts > 1);

        // Nobody supervises the store, so it stands still instead. Then there is nothing to answer from: that this costs errors is what the plan is to find.
        verdicts = await RunAsync(folder["vectors"], profile, "vectors", ["--set", "data.documents=200", "--set", "faults.outage={at: 5m, for: 3m, freeze: vectors}"]);
        Assert.Equal("FAIL", verdicts["errors < 1%"]);
        Assert.Equal("FAIL", verdicts["fallback.p95 < 1s"]);
        Assert.Equal("PASS", verdicts["recovery < 30s"]);
        Assert.Equal("PASS", verdicts["errors < 1% after outage"]);
    }

    [Fact]
    public async Task A_server_of_the_OpenAI_API_is_itself_the_part_that_fails()
    {
        await using var llm = await SupervisedLlm.StartAsync();
        using var folder = new TemporaryFolder();
        var profile = folder["target.yaml"];
        await File.WriteAllTextAsync(profile, (await File.ReadAllTextAsync(Path.Combine(Binaries.Root, "plans", "targets", "openai-chat.yaml"))) + $"\nparts: {{ generation: 'port:{llm.Port}' }}\n");

        var verdicts = await RunAsync(folder["run"], $"{profile}@{llm.Url}", "generation", ["--set", "load.mix={query: 100}", "--set", "data.documents=0"], "errors < 1%", "recovery < 30s", "breaker.trigger < 5s");
        // Killed, it refuses connections: users get errors, and get them at once.
        Assert.Equal("FAIL", verdicts["errors < 1%"]);
        Assert.Equal("PASS", verdicts["breaker.trigger < 5s"]);
        Assert.Equal("PASS", verdicts["recovery < 30s"]);
    }

    private static async Task<Dictionary<string, string>> RunAsync(string folder, string target, string part, string[] more, params string[] objectives)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var loadline = new LoadlineProcess(new Dictionary<string, string> { ["OPENAI_API_KEY"] = "unused" }, [
                "run", "service-failure", "--target", target, "--variant", $"service={part}", "--users", "30", "--time-scale", "0.04", "--set", "load.watch=100%", "--out", folder, .. more,
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
