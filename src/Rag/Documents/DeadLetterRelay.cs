using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Crashes;
using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>
/// Files what was given up on among the broker's dead letters, after the document's status says so durably. While the broker is down letters wait in memory,
/// the newest thousands of them: the status is the record, a letter only brings it to those who watch the broker.
/// </summary>
internal sealed partial class DeadLetterRelay(IJobAnnouncer announcer, TimeProvider time, ILogger<DeadLetterRelay> logger) : BackgroundService
{
    private const int MostLetters = 10_000;
    private const int BatchLetters = 256;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private readonly Channel<DeadLetter> _letters = Channel.CreateBounded<DeadLetter>(new BoundedChannelOptions(MostLetters) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Takes letters; never waits.</summary>
    public void Post(IReadOnlyList<DeadLetter> letters)
    {
        foreach (var letter in letters)
            _letters.Writer.TryWrite(letter);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<DeadLetter>();
        try
        {
            while (await _letters.Reader.WaitToReadAsync(stoppingToken).ConfigureAwait(false))
            {
                while (batch.Count < BatchLetters && _letters.Reader.TryRead(out var letter))
                    batch.Add(letter);
                while (!await BuryAsync(batch, stoppingToken).ConfigureAwait(false))
                    await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(false);
                batch.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task<bool> BuryAsync(List<DeadLetter> batch, CancellationToken stoppingToken)
    {
        try
        {
            Failpoints.Reach(Failpoint.LettersUnfiled);
            await announcer.BuryAsync(batch, stoppingToken).ConfigureAwait(false);
            Failpoints.Reach(Failpoint.LettersFiled);
            return true;
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotBuried(error, batch.Count);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Letters} dead letters could not be handed to the queue's broker; they are tried again")]
    private partial void LogNotBuried(Exception error, int letters);
}
