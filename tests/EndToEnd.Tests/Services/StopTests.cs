using Xunit;

namespace EndToEnd.Tests.Services;

public class StopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_clean_stop_leaves_no_process_and_no_socket(string signal)
    {
        using var folder = new TemporaryFolder();
        await using var up = await RagUp.StartAsync(folder["data"]);
        var processes = (await up.StatusAsync()).Processes;
        var sockets = Path.GetDirectoryName(processes.First(process => process.Grpc is not null).Grpc!["unix:".Length..])!;
        Assert.NotEmpty(Directory.EnumerateFiles(sockets, "*.sock"));

        RagUp.Signal(up.Id, signal);
        Assert.Equal(0, await up.ExitAsync());
        Assert.DoesNotContain(processes, process => LoadlineProcess.IsRunning(process.Pid!.Value));
        Assert.False(Directory.Exists(sockets));
        Assert.DoesNotContain("restarting", up.Errors, StringComparison.Ordinal);
        var stopped = up.Errors.Split('\n').Where(line => line.Contains("| stopped", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]).ToList();
        Assert.Equal("gateway", stopped[0]);
        Assert.Equal(processes.Select(process => process.Name).Order(), stopped.Order());
    }

    [Fact]
    public async Task Kill_9_of_the_supervisor_ends_its_processes()
    {
        using var folder = new TemporaryFolder();
        await using var up = await RagUp.StartAsync(folder["data"]);
        var processes = (await up.StatusAsync()).Processes;
        RagUp.Signal(up.Id, "KILL");
        await Eventually.Async(
            () => !processes.Any(process => LoadlineProcess.IsRunning(process.Pid!.Value)), Patience, () => "services outlived their supervisor");
    }

    [Fact]
    public async Task A_wrong_setting_that_only_the_processes_can_judge_ends_everything_and_is_told()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["rag.yaml"], "seams: { queue_ms: soon }");
        await using var up = new RagUp(folder["data"], "--config", folder["rag.yaml"]);
        Assert.Equal(104, await up.ExitAsync());
        Assert.Matches("rag: [a-z]+: seams:queue_ms: 'soon' is not permitted", up.Errors);
    }

    [Theory]
    [InlineData("--replicas", "documents=2", "'documents=2' is not permitted")]
    [InlineData("--status-url", "nowhere", "status_url: 'nowhere' is not permitted")]
    [InlineData("--limit", "0", "identity:requests_per_minute: '0' is not permitted")]
    public async Task Wrong_arguments_start_nothing_and_say_what_is_right(string option, string value, string says)
    {
        using var folder = new TemporaryFolder();
        await using var up = new RagUp(folder["data"], option, value);
        Assert.Equal(104, await up.ExitAsync());
        Assert.Contains(says, up.Errors, StringComparison.Ordinal);
        Assert.Empty(up.Output);
    }
}
