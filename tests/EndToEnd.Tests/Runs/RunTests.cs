using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>The main job, as a person runs it.</summary>
[Collection(nameof(Undisturbed))]
public class RunTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_run_prints_its_verdict_writes_its_folder_and_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var loadline = await RunOnQuietMachineAsync(folder["run"], "run", "smoke", "--time-scale", "0.5");
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

    [Fact]
    public async Task A_report_is_rendered_again_from_the_folder_alone()
    {
        using var folder = new TemporaryFolder();
        using (var run = new LoadlineProcess("run", "smoke", "--time-scale", "0.1", "--users", "5", "--out", folder["run"]))
            await run.ExitAsync(Patience);
        var report = Path.Combine(folder["run"], "report.html");
        var first = await File.ReadAllTextAsync(report);
        File.Delete(report);

        using var again = new LoadlineProcess("report", folder["run"]);

        Assert.True(await again.ExitAsync(Patience) == 0, again.Output);
        Assert.Equal(first, await File.ReadAllTextAsync(report));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_run_keeps_what_was_measured_and_stops_the_target()
    {
        using var folder = new TemporaryFolder();
        using var loadline = new LoadlineProcess("run", "smoke", "--users", "5", "--out", folder["run"]);
        await loadline.SaysAsync("hold", Patience);
        var children = loadline.Children();
        loadline.Signal("INT");

        Assert.Equal(105, await loadline.ExitAsync(Patience));
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["run"], "summary.json")));
        Assert.Equal("INVALID", summary.RootElement.GetProperty("verdict").GetString());
        Assert.NotEmpty(children);
        Assert.DoesNotContain(children, LoadlineProcess.IsRunning);
    }

    [Fact]
    public async Task A_target_that_dies_under_load_fails_the_run_and_says_so()
    {
        using var folder = new TemporaryFolder();
        using var loadline = new LoadlineProcess("run", "smoke", "--users", "5", "--out", folder["run"]);
        await loadline.SaysAsync("hold", Patience);
        foreach (var child in loadline.Children())
            System.Diagnostics.Process.GetProcessById(child).Kill();

        Assert.NotEqual(0, await loadline.ExitAsync(Patience));
        Assert.Contains("ended", loadline.Output, StringComparison.Ordinal);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["run"], "summary.json")));
        Assert.Equal("INVALID", summary.RootElement.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Kill_9_of_loadline_leaves_no_process_running()
    {
        using var folder = new TemporaryFolder();
        using var loadline = new LoadlineProcess("run", "smoke", "--users", "5", "--out", folder["run"]);
        await loadline.SaysAsync("hold", Patience);
        var children = loadline.Children();
        loadline.Signal("KILL");

        Assert.NotEmpty(children);
        await Eventually.Async(() => !children.Any(LoadlineProcess.IsRunning), TimeSpan.FromSeconds(20), () => "the target outlived its tester");
    }

    [Fact]
    public async Task A_running_system_is_loaded_by_its_URL_and_left_running()
    {
        const string AdminKey = "admin-admin-admin";
        using var folder = new TemporaryFolder();
        await using var rag = await RagServer.StartAsync(folder["data"], "key-key-key-key-key", "--admin-key", AdminKey);
        using var loadline = new LoadlineProcess(
            new Dictionary<string, string> { ["LOADLINE_ADMIN_KEY"] = AdminKey },
            "run", "smoke", "--target", rag.Address.ToString(), "--time-scale", "0.1", "--users", "5", "--set", "data.documents=20", "--out", folder["run"]);

        await loadline.ExitAsync(Patience);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["run"], "summary.json")));
        var query = summary.RootElement.GetProperty("operations").EnumerateArray().Single(o => o.GetProperty("name").GetString() == "query");
        Assert.True(query.GetProperty("outcomes").GetProperty("ok").GetInt64() > 0, loadline.Output);
        using var http = new HttpClient { BaseAddress = rag.Address };
        Assert.True((await http.GetAsync("/health/ready")).IsSuccessStatusCode);
        Assert.DoesNotContain(AdminKey, string.Concat(Directory.EnumerateFiles(folder["run"]).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_is_not_there_is_said_to_be_so_and_nothing_passes()
    {
        using var folder = new TemporaryFolder();
        using var loadline = new LoadlineProcess(
            new Dictionary<string, string> { ["LOADLINE_ADMIN_KEY"] = "any-any-any-any" }, "run", "smoke", "--target", "http://127.0.0.1:1", "--out", folder["run"]);

        Assert.Equal(107, await loadline.ExitAsync(Patience));
        Assert.Contains("connect_refused", loadline.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(104, "unknown-plan", "smoke")]
    [InlineData(104, "", "users", "--users", "0")]
    [InlineData(104, "", "must be new or empty", "--out", "/proc")]
    [InlineData(104, "", "can't be written", "--out", "/proc/run")]
    public async Task Wrong_arguments_run_nothing_and_say_what_is_right(int code, string plan, string says, params string[] more)
    {
        using var loadline = new LoadlineProcess(["run", plan.Length > 0 ? plan : "smoke", .. more]);
        Assert.Equal(code, await loadline.ExitAsync(Patience));
        Assert.Contains(says, loadline.Output, StringComparison.Ordinal);
        Assert.Empty(loadline.Children());
    }
}
