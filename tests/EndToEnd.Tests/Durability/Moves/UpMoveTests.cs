using EndToEnd.Tests.Services;
using Xunit;

namespace EndToEnd.Tests.Durability.Moves;

/// <summary>
/// The same for a <c>rag up</c> that runs all the while: its configuration file is changed, and the two services that read what has changed are killed and come back with it. In the
/// middle of the change vectors and ingestion are killed.
/// </summary>
public sealed class UpMoveTests
{
    [Fact]
    public async Task The_model_is_changed_across_processes_through_kills_of_those_that_do_it()
    {
        using var folder = new TemporaryFolder();
        var (data, config) = (folder["data"], ModelFiles.Before(folder));
        await using var scenario = new MoveScenario();
        await using (var before = await RagServer.StartAsync(data, MoveScenario.Key, "--config", config))
        {
            scenario.Reach(before.Address);
            await scenario.FillAsync();
        }

        await using var up = await RagUp.StartAsync(data, "--config", config);
        scenario.Reach(up.Address);
        await scenario.DisturbAsync(async () =>
        {
            scenario.Begin(); // first calls between new processes may be refused, and be told so
            File.Copy(ModelFiles.Change(folder, pace: 80), config, overwrite: true);
            await KillAsync("embedding");
            await KillAsync("ingestion");
        });
        await scenario.UntilAsync(state => state is { Phase: "filling", Remaining: > 50 } && scenario.Answered > 20, "the move is under way");
        await scenario.DisturbAsync(() => KillAsync("vectors"));
        await scenario.DisturbAsync(() => KillAsync("ingestion"));

        await scenario.UntilAsync(state => state is { Phase: "switched", Dimensions: ModelFiles.New }, "searches use the new model");
        var answered = scenario.Answered;
        await scenario.UntilAsync(_ => scenario.Answered > answered + 20, "more questions are answered");
        await scenario.UntilAsync(state => state.Phase is null, "the old index is gone");
        await scenario.EndAsync();
        Assert.True(scenario.Written > 20, $"only {scenario.Written} writes were acknowledged");
        await scenario.CheckAsync();

        async Task KillAsync(string name)
        {
            var victim = await up.StatusAsync(name);
            RagUp.Signal(victim.Pid!.Value, "KILL");
            await up.RestartedAsync(name, victim.Restarts + 1);
        }
    }
}
