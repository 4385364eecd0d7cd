using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Crashes;
using Rag.Errors;
using Rag.Seams;
using Rag.Seams.Faults;

namespace Rag.Ingestion;

/// <summary>
/// Claims, processes and completes, a few batches at a time. The queue wakes it; it waits by itself only after a failure of a dependency, so that a
/// backlog isn't thrown at something that is down.
/// </summary>
internal sealed partial class IngestionWorker(
    IIngestionQueue queue, BatchProcessor processor, IngestionOptions options, TimeProvider time, ILogger<IngestionWorker> logger, FaultBoard? faults = null,
    IngestionActivity? activity = null)
    : BackgroundService
{
    /// <summary>Where injected faults meet it: a batch that was claimed and isn't begun.</summary>
    public const string FaultPoint = "Batch";

    /// <summary>How often results are told: over some 10 s, with the usual pauses.</summary>
    private const int MostReports = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly Meter Meter = new("Rag");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "rag.ingestion.duration", "s", "Seconds that one batch takes from claimed to its results recorded",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60] });

    private readonly ILogger _logger = logger;
    private readonly IngestionClaim _claim = new(
        options.Worker ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), options.BatchJobs, IngestionClaim.UsualWait);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Batches).Select(_ => Task.Run(() => RunAsync(stoppingToken), CancellationToken.None)));

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        CallScope.Enter(time, null, Priority.Batch); // everything that it calls waits behind those that a person waits for
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                failures = await ProcessOneAsync(stoppingToken).ConfigureAwait(false) ? 0 : failures + 1;
                if (failures > 0)
                    await Task.Delay(Pause(failures), time, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // Stopped in the middle: the jobs are still in the outbox.
                return;
            }
    }

    /// <summary>One batch. False when something that it depends on failed.</summary>
    private async Task<bool> ProcessOneAsync(CancellationToken stoppingToken)
    {
        try
        {
            var jobs = await queue.ClaimAsync(_claim, stoppingToken).ConfigureAwait(false);
            if (jobs.Count == 0)
                return true;
            var start = time.GetTimestamp();
            activity?.Begin();
            using var spans = JobSpans.Begin(jobs);
            IReadOnlyList<IngestionResult> results;
            try
            {
                results = await ProcessAsync(jobs, spans, stoppingToken).ConfigureAwait(false);
            }
            finally
            {
                activity?.End();
            }

            // Work done is recorded even while stopping: the queue ends this wait soon, and it saves doing it again.
            using (spans.Recording(results))
                await ReportAsync(results, stoppingToken).ConfigureAwait(false);
            Failpoints.Reach(Failpoint.IngestionCompleted);
            Duration.Record(time.GetElapsedTime(start).TotalSeconds);
            Report(results);
            return !results.Any(r => r.Outcome == IngestionOutcome.Deferred);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            LogBatchFailed(error);
            return false;
        }
    }

    /// <summary>
    /// Has results recorded. A queue that is down for a moment is told again: otherwise the work would be done a second time, and where leases outlive the documents
    /// process only after they have ended. To be told twice changes nothing.
    /// </summary>
    private async Task ReportAsync(IReadOnlyList<IngestionResult> results, CancellationToken stoppingToken)
    {
        for (var tries = 1; ; tries++)
            try
            {
                await queue.CompleteAsync(results, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (RagException error) when (tries < MostReports && IngestionFailures.IsOutage(error))
            {
                LogNotRecorded(results.Count, error.Message);
                await Task.Delay(Pause(tries), time, stoppingToken).ConfigureAwait(false);
            }
    }

    private async Task<IReadOnlyList<IngestionResult>> ProcessAsync(IReadOnlyList<IngestionJob> jobs, JobSpans spans, CancellationToken stoppingToken)
    {
        try
        {
            if (faults is { IsQuiet: false })
                await faults.MeetAsync("ingestion", FaultPoint, stoppingToken).ConfigureAwait(false);
        }
        catch (RagException fault)
        {
            return [.. jobs.Select(job => new IngestionResult(job, IngestionOutcome.Deferred, Reason: fault.Message))];
        }

        return await processor.ProcessAsync(jobs, spans, stoppingToken).ConfigureAwait(false);
    }

    private void Report(IReadOnlyList<IngestionResult> results)
    {
        foreach (var result in results)
            if (result.Outcome == IngestionOutcome.Poison)
                LogGivenUp(result.Job.Tenant, result.Job.DocumentId, result.Job.Version, result.Reason);
        if (results.FirstOrDefault(r => r.Outcome is IngestionOutcome.Deferred or IngestionOutcome.Retry) is { } failed)
            LogTriedAgain(results.Count(r => r.Outcome is IngestionOutcome.Deferred or IngestionOutcome.Retry), results.Count, failed.Reason);
    }

    private TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 20));
        return pause < options.MaxPause ? pause : options.MaxPause;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A batch failed; its jobs come back when their leases end")]
    private partial void LogBatchFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Results of {Jobs} jobs were not recorded ({Reason}); they are told again")]
    private partial void LogNotRecorded(int jobs, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Document {Tenant}/{DocumentId} version {Version} can't be processed: {Reason}")]
    private partial void LogGivenUp(string tenant, string documentId, int version, string? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Failed} of {Jobs} jobs are tried again later, the first because: {Reason}")]
    private partial void LogTriedAgain(int failed, int jobs, string? reason);
}
