using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Embedding;
using Rag.Errors;
using Rag.Seams;
using Rag.Vectors.Moves;

namespace Rag.Ingestion.Moves;

/// <summary>
/// Changes the embedding model behind the searches: it sees which model the index has and which it is to have (<see cref="OfferedModels.Target"/>), and works off the
/// difference, slowly and after fresh uploads. It keeps nothing: whenever it starts, the two indexes tell what is left. Several at a time do the same work twice at worst.
/// </summary>
internal sealed partial class ModelMover(
    IEmbedding embedding, IVectorMoves moves, DocumentReembedder reembedder, ICaching caching, IngestionActivity activity, IngestionOptions options, TimeProvider time, ILogger<ModelMover> logger)
    : BackgroundService
{
    private const int BatchDocuments = 32;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private EmbeddingModel? _told;
    private string? _blocked;
    private int _fruitless;

    /// <summary>Does what can be done now.</summary>
    /// <returns>How long nothing more is to be done.</returns>
    internal async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        var models = await moves.ModelsAsync(cancellationToken).ConfigureAwait(false);
        ReembeddingMetrics.Seen(models);
        if (models.Active is not { } active)
            return Idle; // nothing is indexed yet
        await TellCachesAsync(models, cancellationToken).ConfigureAwait(false);
        models = await HeadForAsync(models, active, await embedding.ListAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        if (!models.IsMoving)
            return Idle;

        var documents = await moves.TakeAsync(BatchDocuments, cancellationToken).ConfigureAwait(false);
        if (documents.Count == 0)
        {
            var after = await moves.AdvanceAsync(cancellationToken).ConfigureAwait(false);
            ReembeddingMetrics.Seen(after);
            if (after.Active == active)
                return after.Next is null ? Idle : FirstPause;
            LogSwitched(after.Active!.Words);
            return TimeSpan.Zero;
        }

        await activity.QuietAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        var started = time.GetTimestamp();
        var result = await reembedder.ProcessAsync(documents, models.Next ?? active, cancellationToken).ConfigureAwait(false);
        ReembeddingMetrics.Ended(result.Done, result.Failed);
        if (result.Example is { } example)
            LogFailed(result.Failed, documents.Count, example);
        _fruitless = result.Done > 0 ? 0 : _fruitless + 1;
        var pace = TimeSpan.FromSeconds((double)documents.Count / options.ReembedPerSecond) - time.GetElapsedTime(started);
        return _fruitless > 0 ? Pause(_fruitless) : pace > TimeSpan.Zero ? pace : TimeSpan.Zero;
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => RunAsync(stoppingToken), CancellationToken.None);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        CallScope.Enter(time, null, Priority.Reindexing);
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                TimeSpan pause;
                try
                {
                    pause = await StepAsync(stoppingToken).ConfigureAwait(false);
                    failures = 0;
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    failures++;
                    ReembeddingMetrics.Failed();
                    if (failures > 1) // services that start one after the other are no news
                        LogStepFailed(error is RagException ? error.Message : $"{error.GetType().Name}: {error.Message}");
                    pause = Pause(failures);
                }

                if (pause > TimeSpan.Zero)
                    await Task.Delay(pause, time, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return; // what is left is found again at the next start
            }
    }

    /// <summary>Begins a move, or calls one off, as the configuration says.</summary>
    private async ValueTask<VectorModels> HeadForAsync(VectorModels models, EmbeddingModel active, OfferedModels offered, CancellationToken cancellationToken)
    {
        var target = offered.Target;
        if (!offered.Has(active))
            Blocked($"searches need the model {active.Words}, of which the index holds vectors, and it is not configured; until then they find by keywords alone, and uploads wait. "
                + $"Set embedding:* to that model, and embedding:next:* to {target.Words} if the index is to move to it (docs/models.md, Changing the model)");
        else
            _blocked = null;
        if (target == (models.Next ?? active) || models.Retired is not null || (!offered.Has(active) && models.Next is null))
            return models;
        return await moves.PrepareAsync(target, cancellationToken).ConfigureAwait(false);
    }

    private void Blocked(string why)
    {
        ReembeddingMetrics.Failed();
        if (_blocked != why)
            LogBlocked(why);
        _blocked = why;
    }

    /// <summary>Answers that were found by the old model are computed anew. A start tells it once more while a switch is recent: whoever switched may not have lived to.</summary>
    private async ValueTask TellCachesAsync(VectorModels models, CancellationToken cancellationToken)
    {
        if (models.Active == _told)
            return;
        if (_told is not null || models.Retired is not null)
            try
            {
                await caching.InvalidateAsync([CacheEntry.EveryTenant], cancellationToken).ConfigureAwait(false);
            }
            catch (RagException)
            {
                return; // it is told later; what it keeps is right, if found by the old model
            }

        _told = models.Active;
    }

    private static TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 20));
        return pause < LongestPause ? pause : LongestPause;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The index has moved to the model {Model}. Set embedding:* to it, and take embedding:next:* away, before the next start or any later one")]
    private partial void LogSwitched(string model);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Failed} of {Documents} documents could not be embedded anew and are tried again; searches stay with the old model until all are. The first: {Example}")]
    private partial void LogFailed(int failed, int documents, string example);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why}")]
    private partial void LogBlocked(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changing the embedding model rests for a moment: {Reason}")]
    private partial void LogStepFailed(string reason);
}
