using System.Text.Json;
using EndToEnd.Tests.Runs;
using Xunit;

namespace EndToEnd.Tests.Samples;

/// <summary>A RAG service that has nothing of ours in it, under load: Loadline knows it by its profile alone.</summary>
[Collection(nameof(Undisturbed))]
public sealed class FastApiRagLoadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Loadline_understands_each_operation_and_a_steady_load_of_it_passes()
    {
        if (FastApiRagSystem.Missing() is { } reason)
            Assert.Skip(reason);
        await using var system = await FastApiRagSystem.StartAsync();
        var target = $"{Path.Combine(Binaries.Root, "samples", "fastapi-rag", "target.yaml")}@{system.Url}";

        using var tried = new LoadlineProcess("try", target);
        Assert.True(await tried.ExitAsync(Patience) == 0, tried.Output);
        Assert.Contains("All 6 were understood.", tried.Output, StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        var output = await RunOnQuietMachineAsync(
            folder["run"],
            "run", "steady", "--target", target, "--users", "30", "--time-scale", "0.01", "--set", "data.documents=200",
            "--set", "objectives=[errors < 1%, degraded < 1%, query.correct > 80%, search.correct > 80%, generation.speed > 20 tok/s]");

        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["run"], "summary.json")));
        Assert.True(summary.RootElement.GetProperty("verdict").GetString() == "PASS", output);
        Assert.Equal(
            ["query", "search", "status", "upload"],
            summary.RootElement.GetProperty("operations").EnumerateArray().Where(o => o.GetProperty("outcomes").GetProperty("ok").GetInt64() > 0).Select(o => o.GetProperty("name").GetString()).Order());
    }

    // Where other work takes the processor away, the load generator rightly says that it can't judge: then the run is made once more, twice at the most.
    private static async Task<string> RunOnQuietMachineAsync(string folder, params string[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var loadline = new LoadlineProcess([.. arguments, "--out", folder]);
            var code = await loadline.ExitAsync(Patience);
            if (code != 98 || attempt == 3 || !loadline.Output.Contains("the load generator", StringComparison.Ordinal))
                return loadline.Output;
            Directory.Delete(folder, recursive: true);
        }
    }
}
