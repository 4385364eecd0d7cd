using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>How runs begin and end, whatever their figures are.</summary>
public class RunTests(ShortRuns runs)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_report_is_rendered_again_from_the_folder_alone()
    {
        var run = await runs.EmbeddedAsync();
        using var elsewhere = new TemporaryFolder();
        var copy = Directory.CreateDirectory(elsewhere[Path.GetFileName(run.Folder)]).FullName;
        foreach (var file in Directory.EnumerateFiles(run.Folder).Where(file => file != run.Report))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));

        using var again = new LoadlineProcess("report", copy);

        Assert.True(await again.ExitAsync(Patience) == 0, again.Output);
        Assert.Equal(await File.ReadAllTextAsync(run.Report), await File.ReadAllTextAsync(Path.Combine(copy, "report.html")));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_run_keeps_what_was_measured_and_stops_the_target()
    {
        using var folder = new TemporaryFolder();
        using var loadline = new LoadlineProcess("run", "smoke", "--users", "5", "--set", "data.documents=20", "--out", folder["run"]);
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
        using var loadline = new LoadlineProcess("run", "smoke", "--users", "5", "--set", "data.documents=20", "--out", folder["run"]);
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
        using var loadline = new LoadlineProcess("run", "smoke", "--users", "5", "--set", "data.documents=20", "--out", folder["run"]);
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

    [Fact]
    public async Task A_target_that_refuses_every_request_fails_and_does_not_pass_as_fast()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["refused.yaml"], """
            name: refused
            about: nobody listens there
            url: http://127.0.0.1:1
            protocol: http1
            operations:
              query:
                request: GET /
                ok: [200]
            """);
        await File.WriteAllTextAsync(folder["plan.yaml"], $$"""
            name: refused
            purpose: Nobody answers
            target: {{folder["refused.yaml"]}}
            load: { users: 20, phases: { up: 1s, hold: 5s, down: 1s }, think: 100ms, mix: { query: 1 } }
            data: { documents: 0 }
            objectives:
              - query.p95 < 3s
              - errors < 1%
            """);
        using var loadline = new LoadlineProcess("run", folder["plan.yaml"], "--out", folder["run"]);

        Assert.True(await loadline.ExitAsync(Patience) is 98 or 99, loadline.Output);
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["run"], "summary.json")));
        Assert.All(summary.RootElement.GetProperty("objectives").EnumerateArray(), objective => Assert.Equal("FAIL", objective.GetProperty("result").GetString()));
        Assert.False(summary.RootElement.GetProperty("metrics").TryGetProperty("query.p95", out _));
        Assert.True(summary.RootElement.GetProperty("metrics").GetProperty("query.failed.p95").GetProperty("value").GetDouble() > 0);
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
