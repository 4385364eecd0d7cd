using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>Faults of real runs on real processes never outlive their time.</summary>
public sealed class FaultRunTests
{
    // The plan's bar: 20 times of 20.
    private const int Kills = 20, Targets = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Clean = TimeSpan.FromSeconds(10);

    private const string FrozenLlm = """
        name: frozen-llm
        purpose: The LLM stands still
        load:
          users: 2
          phases: { up: 0s, hold: 2m, down: 0s }
          think: 0.1s
          mix: { query: 1 }
          timeout: 2s
        data: { documents: 0 }
        faults:
          standstill: { at: 0.2s, for: 100s, freeze: "pid:PID" }
        objectives:
          - errors < 100%
        """;

    [Fact]
    public async Task However_often_loadline_is_killed_in_the_middle_of_a_fault_its_target_is_clean_within_ten_seconds()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, Targets), new ParallelOptions { MaxDegreeOfParallelism = Targets }, async (_, _) =>
        {
            using var llm = new LoadlineProcess("llm", "--port", "0");
            for (var kill = 0; kill < Kills / Targets; kill++)
            {
                using var folder = new TemporaryFolder();
                using var run = await RunFrozenAsync(llm, folder);
                run.Signal("KILL");
                await Eventually.Async(() => !IsFrozen(llm.Id), Clean, () => "the target still stands still ten seconds after loadline was killed");
                await Eventually.Async(() => Journal(folder).EndsWith("\"by\":\"guard\"}", StringComparison.Ordinal), Clean, () => Journal(folder));
                Assert.Contains("\"state\":\"undone\"", Journal(folder), StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public async Task The_lever_ends_a_fault_of_a_run_that_lives_and_an_interrupted_run_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var run = await RunFrozenAsync(llm, folder);
        using var lever = new LoadlineProcess("faults", folder["run"], "--stop");
        Assert.True(await lever.ExitAsync(Patience) == 0, lever.Output);
        Assert.Contains("standstill: pid:", lever.Output, StringComparison.Ordinal);
        Assert.Contains("undone", lever.Output, StringComparison.Ordinal);
        Assert.False(IsFrozen(llm.Id));
        run.Signal("INT");
        await run.ExitAsync(Patience);

        using var other = new TemporaryFolder();
        using var interrupted = await RunFrozenAsync(llm, other);
        interrupted.Signal("INT");
        await interrupted.ExitAsync(Patience);
        Assert.False(IsFrozen(llm.Id));
        Assert.Contains("\"state\":\"undone\"", Journal(other), StringComparison.Ordinal);
    }

    private static async Task<LoadlineProcess> RunFrozenAsync(LoadlineProcess llm, TemporaryFolder folder)
    {
        await llm.SaysAsync("listening on ", Patience);
        var address = llm.Output[(llm.Output.IndexOf("listening on ", StringComparison.Ordinal) + "listening on ".Length)..].Split('\n')[0].Trim();
        await File.WriteAllTextAsync(folder["plan.yaml"], FrozenLlm.Replace("PID", FormattableString.Invariant($"{llm.Id}"), StringComparison.Ordinal));
        var run = new LoadlineProcess(new Dictionary<string, string> { ["OPENAI_API_KEY"] = "none" }, "run", folder["plan.yaml"], "--target", "openai-chat@" + address, "--out", folder["run"]);
        await run.SaysAsync("Fault 'standstill': pid:", Patience);
        // A process that is told to stop does so when its turn comes.
        await Eventually.Async(() => IsFrozen(llm.Id), Clean, () => "the target does not stand still");
        return run;
    }

    private static string Journal(TemporaryFolder folder) => File.ReadAllText(Path.Combine(folder["run"], "faults.jsonl")).TrimEnd();

    private static bool IsFrozen(int id) => File.ReadAllText(FormattableString.Invariant($"/proc/{id}/stat")) is var stat && stat[(stat.LastIndexOf(')') + 2)..].StartsWith('T');
}
