using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>The main job, as a person runs it.</summary>
[Collection(nameof(Undisturbed))]
public class PassingRunTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_run_prints_its_verdict_writes_its_folder_and_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var loadline = await RunOnQuietMachineAsync(folder["run"], "run", "smoke", "--time-scale", "0.3");
        var children = loadline.Seen;

        Assert.True(loadline.ExitCode == 0, loadline.Output);
        Assert.Contains("PASS", loadline.Output, StringComparison.Ordinal);
        foreach (var file in new[] { "summary.json", "series.jsonl", "histograms.hlog", "exchanges.jsonl", "plan.yaml", "report.html", "junit.xml", "summary.md" })
            Assert.True(File.Exists(Path.Combine(folder["run"], file)), $"{file} is missing");

        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["run"], "summary.json")));
        Assert.Equal("PASS", summary.RootElement.GetProperty("verdict").GetString());
        Assert.NotEmpty(children);
        Assert.DoesNotContain(children, LoadlineProcess.IsRunning);
        Assert.Empty(Directory.EnumerateDirectories(Path.GetTempPath(), $"loadline-data-{loadline.Id}-*"));
    }

    // Where other work takes the processor away, the load generator rightly says that it can't judge: then the run is made once more, twice at the most.
    private static async Task<(int ExitCode, string Output, int Id, IReadOnlyList<int> Seen)> RunOnQuietMachineAsync(string folder, params string[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var loadline = new LoadlineProcess([.. arguments, "--out", folder]);
            await loadline.SaysAsync("users", Patience);
            var children = loadline.Children();
            var code = await loadline.ExitAsync(Patience);
            if (code != 98 || attempt == 3 || !loadline.Output.Contains("the load generator", StringComparison.Ordinal))
                return (code, loadline.Output, loadline.Id, children);
            Directory.Delete(folder, recursive: true);
        }
    }
}
