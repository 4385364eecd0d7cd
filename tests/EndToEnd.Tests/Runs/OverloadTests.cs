using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>A load generator that can't do what the plan asks must never say PASS. Each test takes its processor time away on purpose.</summary>
[Collection(nameof(Undisturbed))]
public class OverloadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_generator_that_is_stopped_for_two_seconds_makes_the_run_invalid()
    {
        using var folder = new TemporaryFolder();
        using var loadline = Run(folder, "--time-scale", "0.2"); // 9 s of hold
        await loadline.SaysAsync("hold", Patience);
        loadline.Signal("STOP");
        await Task.Delay(TimeSpan.FromSeconds(2.5), TestContext.Current.CancellationToken);
        loadline.Signal("CONT");

        await InvalidAsync(loadline, folder, "the load generator");
    }

    [Fact]
    public async Task A_generator_with_a_tenth_of_a_core_makes_the_run_invalid()
    {
        using var folder = new TemporaryFolder();
        using var loadline = Run(folder, "--time-scale", "0.2", "--users", "50");
        await loadline.SaysAsync("hold", Patience);
        // As a control group's quota does it: so much of each period, and then nothing.
        var throttled = Stopwatch.StartNew();
        while (throttled.Elapsed < TimeSpan.FromSeconds(6))
        {
            loadline.Signal("STOP");
            await Task.Delay(TimeSpan.FromMilliseconds(450), TestContext.Current.CancellationToken);
            loadline.Signal("CONT");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }

        await InvalidAsync(loadline, folder, "the load generator");
    }

    private static LoadlineProcess Run(TemporaryFolder folder, params string[] more) => new(["run", "smoke", "--set", "data.documents=20", "--out", folder["run"], .. more]);

    private static async Task InvalidAsync(LoadlineProcess loadline, TemporaryFolder folder, string because)
    {
        Assert.True(await loadline.ExitAsync(Patience) == 98, loadline.Output);
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["run"], "summary.json")));
        Assert.Equal("INVALID", summary.RootElement.GetProperty("verdict").GetString());
        Assert.Contains(because, summary.RootElement.GetProperty("because").GetString(), StringComparison.Ordinal);
        Assert.Contains(summary.RootElement.GetProperty("generator").EnumerateArray(), check => !check.GetProperty("kept").GetBoolean());
    }
}
