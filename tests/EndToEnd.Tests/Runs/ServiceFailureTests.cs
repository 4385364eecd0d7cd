using System.Text.Json;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>The plan's scenario of a failing service on our own services: what is judged of it.</summary>
[Collection(nameof(Undisturbed))]
public sealed class ServiceFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_service_that_is_killed_is_survived_and_the_summary_says_how()
    {
        using var folder = new TemporaryFolder();
        using var run = new LoadlineProcess(
            "run", "service-failure", "--variant", "service=embedding", "--users", "20", "--time-scale", "0.06", "--out", folder["run"], "--set", "data.documents=100", "--set", "load.watch=100%",
            // Of a quarter of an hour what five good seconds before the fault and after it need.
            "--set", "load.phases={up: 20s, hold: 9m30s, down: 20s}", "--set", "faults.outage.at=3m",
            "--set", "objectives=[errors < 5%, query.p95 < 10s, breaker.trigger < 10s, fallback.p95 < 5s during outage, recovery < 30s, queue.drain < 30s]");
        await run.ExitAsync(Patience);
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["run"], "summary.json")));
        var fault = Assert.Single(summary.RootElement.GetProperty("faults").EnumerateArray());
        Assert.True(summary.RootElement.GetProperty("verdict").GetString() != "FAIL", run.Output);
        Assert.Equal("embedding is killed, and again whenever it comes back, for 10.8s", fault.GetProperty("what").GetString());
        Assert.InRange(fault.GetProperty("start").GetDouble(), 10.8, 13.8);
        Assert.InRange(fault.GetProperty("end").GetDouble() - fault.GetProperty("start").GetDouble(), 10.8, 12.5);
        foreach (var figure in new[] { "trigger", "recovery", "drain" })
            Assert.True(fault.GetProperty(figure).ValueKind == JsonValueKind.Number, $"{figure}: {fault}\n{run.Output}");
        Assert.True(summary.RootElement.GetProperty("metrics").GetProperty("fallback.p95").GetProperty("samples").GetInt64() > 0, run.Output);
    }
}
