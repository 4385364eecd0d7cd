using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Crashes;
using Rag.Errors;
using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>
/// Tells a broker of work that is ready. The outbox keeps every job until it is completed, so nothing here is worth keeping: after a restart all of it is told
/// again, and what the broker loses is told again when nobody came for it in time.
/// </summary>
internal sealed partial class OutboxRelay(IAnnouncingBoard board, IJobAnnouncer announcer, RelayOptions options, TimeProvider time, ILogger<OutboxRelay> logger)
    : BackgroundService
{
    private const int BatchJobs = 256;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly Meter Meter = new("Rag");

    private static readonly Counter<long> Announced = Meter.CreateCounter<long>(
        "rag.queue.announced", "{notice}", "Notices of work handed to the broker, by result: announced, failed (told again later)");

    private readonly ILogger _logger = logger;

    /// <summary>What the broker is told of a job.</summary>
    public static JobNotice NoticeOf(JobTicket ticket) => new(ticket.Key.Tenant, ticket.Key.DocumentId, ticket.JobId, ticket.Version, ticket.Kind, ticket.QueuedAt) { TraceParent = ticket.TraceParent };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the host's start does not wait for it
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
            try
            {
                failures = await AnnounceAsync(stoppingToken).ConfigureAwait(false) ? 0 : failures + 1;
                if (failures > 0)
                    await Task.Delay(Pause(failures), time, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
    }

    private static TimeSpan Pause(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 20));
        return pause < LongestPause ? pause : LongestPause;
    }

    /// <summary>One batch, or a wait for one. False when the outbox did not tell, or the broker did not take it.</summary>
    private async Task<bool> AnnounceAsync(CancellationToken stoppingToken)
    {
        List<JobTicket> tickets;
        try
        {
            tickets = await board.AnnounceAsync(BatchJobs, options.Window, options.Again, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            // The database is down. Whatever it noted as told of and nobody heard is told of anew in time.
            if (error is RagException)
                LogNotRead(error.Message);
            else
                LogReadFailed(error);
            return false;
        }

        if (tickets.Count == 0)
        {
            await WaitAsync(stoppingToken).ConfigureAwait(false);
            return true;
        }

        try
        {
            Failpoints.Reach(Failpoint.RelayTold);
            await announcer.AnnounceAsync([.. tickets.Select(NoticeOf)], stoppingToken).ConfigureAwait(false);
            Failpoints.Reach(Failpoint.RelayPublished);
            Announced.Add(tickets.Count, new KeyValuePair<string, object?>("result", "announced"));
            return true;
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            await board.WithdrawAsync(tickets).ConfigureAwait(false);
            Announced.Add(tickets.Count, new KeyValuePair<string, object?>("result", "failed"));
            if (error is RagException)
                LogNotAnnounced(tickets.Count, error.Message);
            else
                LogAnnouncingFailed(error, tickets.Count);
            return false;
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        try
        {
            await board.WaitToAnnounceAsync(stoppingToken).WaitAsync(options.Again / 4, time, stoppingToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Time to see whether something was told of too long ago.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outbox did not tell what there is to announce ({Reason}); it is asked again")]
    private partial void LogNotRead(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The outbox did not tell what there is to announce; it is asked again")]
    private partial void LogReadFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Jobs} jobs could not be announced to the queue's broker ({Reason}); they stay in the outbox and are announced later")]
    private partial void LogNotAnnounced(int jobs, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Jobs} jobs could not be announced to the queue's broker; they stay in the outbox and are announced later")]
    private partial void LogAnnouncingFailed(Exception error, int jobs);
}
