using Rag.Tests.Onnx.Tiny;

namespace Rag.Bench.Alerts.Faults;

/// <summary>Models that are changed while they are in use.</summary>
internal static class ModelChanges
{
    private static readonly TimeSpan BetweenChanges = TimeSpan.FromSeconds(6);

    // The last has some 80 MB of weights, beside a process of about 100.
    private static readonly int[] Widths = [32, 128, 256, 512, 768, 1024, 1024, 1024];

    /// <summary>The reranking model is exchanged for a larger one, again and again; a restart, which the runbook names first, undoes it.</summary>
    public static Episode Growing { get; } = new("the reranking model's file is exchanged for larger ones, every 6 s", [new("ModelMemoryLeak")], (stage, _) =>
    {
        var changes = Undo.Running(async stop =>
        {
            for (var seed = 0; ; seed++)
            {
                stage.Model!.Change(seed, TinyHead.Score, hidden: Widths[Math.Min(seed, Widths.Length - 1)]);
                await Task.Delay(BetweenChanges, stop);
            }
        });
        return Task.FromResult(Undo.All(
            new Undo(async () =>
            {
                stage.Model!.Change(0, TinyHead.Score);
                await Processes.KillAsync(stage, ["reranking"], CancellationToken.None);
            }),
            changes));
    })
    {
        Patience = TimeSpan.FromMinutes(5), // it compares with an hour ago
    };
}
