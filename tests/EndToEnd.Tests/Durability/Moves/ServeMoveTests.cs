using Xunit;

namespace EndToEnd.Tests.Durability.Moves;

/// <summary>The embedding model of a <c>rag serve</c> is changed by configuration while it is used, and the process is killed in the middle.</summary>
public sealed class ServeMoveTests
{
    [Fact]
    public async Task The_model_is_changed_behind_the_searches_through_a_kill_and_nothing_is_lost_or_comes_back()
    {
        using var folder = new TemporaryFolder();
        var data = folder["data"];
        await using var scenario = new MoveScenario();
        await using (var before = await ServeAsync(ModelFiles.Before(folder)))
            await scenario.FillAsync();

        await using (var first = await ServeAsync(ModelFiles.Change(folder, pace: 50)))
        {
            scenario.Begin();
            await scenario.UntilAsync(state => state is { Phase: "filling", Remaining: > 200 and < 490 } && scenario is { Answered: > 20, Written: > 5 }, "the move is under way");
            await scenario.DisturbAsync(async () =>
            {
                await first.KillAsync();
                Assert.True(File.Exists(Path.Combine(data, "vectors", "indexes.json")));
                Assert.NotEmpty(OldIndex());
                await RestartAsync();
            });
        }

        Assert.NotNull(_second);
        await using (_second)
        {
            await scenario.UntilAsync(state => state is { Phase: "switched", Dimensions: ModelFiles.New }, "searches use the new model");
            var answered = scenario.Answered;
            await scenario.UntilAsync(_ => scenario.Answered > answered + 20, "more questions are answered");
            await scenario.UntilAsync(state => state.Phase is null, "the old index is gone");
            await scenario.EndAsync();
            Assert.True(scenario.Written > 20, $"only {scenario.Written} writes were acknowledged");
            Assert.Empty(OldIndex());
            await scenario.CheckAsync();
        }

        // As docs/models.md says: the new model takes the old one's place in the configuration.
        await using var last = await ServeAsync(ModelFiles.After(folder));
        await scenario.CheckAsync();

        async Task<RagServer> ServeAsync(string config)
        {
            var server = await RagServer.StartAsync(data, MoveScenario.Key, "--config", config);
            scenario.Reach(server.Address);
            return server;
        }

        async Task RestartAsync() => _second = await ServeAsync(ModelFiles.Change(folder, pace: 500));

        string[] OldIndex() => [.. Directory.GetFiles(Path.Combine(data, "vectors")).Where(file => Path.GetFileName(file).StartsWith("log-", StringComparison.Ordinal))];
    }

    private RagServer? _second;
}
