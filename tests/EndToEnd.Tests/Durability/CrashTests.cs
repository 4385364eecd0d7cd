using System.Diagnostics;
using Xunit;

namespace EndToEnd.Tests.Durability;

/// <summary>
/// <c>bench crashes</c> in short: the system survives kills at random moments and at commit boundaries, and the checker that says so finds each mistake that was planted for
/// it. What is armed with a mistake is what brings it out soonest.
/// </summary>
public sealed class CrashTests
{
    [Fact]
    public async Task After_kills_of_documents_ingestion_and_indexes_everything_acknowledged_is_found_once()
    {
        var (exit, output) = await CrashesAsync("--kills", "12", "--checkpoint", "12", "--clients", "4");

        Assert.True(exit == 0, output);
        Assert.Contains("no violations", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset-before-commit", "Lost", "ingestion_embedded=kill@3")]
    [InlineData("no-version-fence", "Stale", "ingestion_embedded=pause:0.1")]
    [InlineData("delete-without-tombstone", "Returned", "ingestion_embedded=pause:0.1")]
    [InlineData("random-chunk-ids", "Duplicate", "queue_before_complete=kill@3")]
    [InlineData("acknowledged-before-commit", "Lost", "documents_before_commit=kill@20")]
    [InlineData("unlocked-outbox", "DoneTwice", "ingestion_embedded=kill@3")]
    [InlineData("dedupe-only-in-cache", "Duplicate", "queue_before_complete=kill@3")]
    public async Task A_planted_bug_is_caught(string bug, string violation, string armed)
    {
        var (exit, output) = await CrashesAsync("--planted", bug, "--together", "--kills", "24", "--checkpoint", "2", "--arm", armed);

        Assert.True(exit == 1, output);
        Assert.Contains($"{bug}: caught as {violation}", output, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output)> CrashesAsync(params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [Binaries.RagBench, "crashes", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"the bench did not end within 4 minutes; its output:\n{await output}\n{await errors}");
        }

        return (process.ExitCode, await output + await errors);
    }
}
