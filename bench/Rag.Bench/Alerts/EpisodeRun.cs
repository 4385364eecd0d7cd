namespace Rag.Bench.Alerts;

/// <summary>Plays episodes on a stage: calm, the fault, the alerts, the undoing, calm.</summary>
internal sealed class EpisodeRun(Stage stage)
{
    private static readonly TimeSpan CalmLimit = TimeSpan.FromSeconds(120);

    /// <summary>A healthy run: what fired, or was about to.</summary>
    public async Task<IReadOnlyList<AlertSpan>> HealthyAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var begun = stage.Watch.Now;
        await Task.Delay(length, cancellationToken);
        return stage.Watch.Since(begun);
    }

    public async Task<EpisodeResult> PlayAsync(Episode episode, CancellationToken cancellationToken)
    {
        await AlertWatch.UntilAsync(() => stage.Watch.IsQuiet, CalmLimit, cancellationToken);
        var before = stage.Watch.Firing;
        var planted = stage.Watch.Now;
        var fault = await episode.Plant(stage, cancellationToken);
        double undone;
        try
        {
            await AlertWatch.UntilAsync(() => episode.Alerts.All(name => stage.Watch.FiredAfter(name, planted) is not null), episode.Patience, cancellationToken);
            if (planted + episode.Least.TotalSeconds - stage.Watch.Now is > 0 and var rest)
                await Task.Delay(TimeSpan.FromSeconds(rest), cancellationToken);
        }
        finally
        {
            undone = stage.Watch.Now;
            await fault.DisposeAsync();
        }

        await AlertWatch.UntilAsync(() => episode.Afterwards.All(name => stage.Watch.FiredAfter(name, planted) is not null), episode.Patience, cancellationToken);
        await AlertWatch.UntilAsync(() => !episode.All.Any(stage.Watch.Firing.Contains), episode.Patience, cancellationToken);

        var seen = stage.Watch.Since(planted).Where(span => span.IsFiring).ToList();
        var outcomes = episode.All.Select(name =>
        {
            var from = episode.Afterwards.Contains(name) ? undone : planted;
            var fired = before.Contains(name) ? null : stage.Watch.FiredAfter(name, planted) - from;
            return new AlertOutcome(name, fired, fired is null ? null : stage.Watch.LastFired(name) - undone, seen.Count(span => span.Name == name));
        });
        return new EpisodeResult(episode, [.. outcomes], [.. seen.Select(span => span.Name).Where(name => !before.Contains(name)).Except(episode.All).Distinct()]);
    }
}
