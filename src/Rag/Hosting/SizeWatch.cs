using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rag.Hosting;

/// <summary>Asks an index now and then how large it is, for metrics that can't ask when they are read: an answer may come from another machine.</summary>
/// <typeparam name="T">Whose size; one watch for each.</typeparam>
/// <param name="look">Asks, and keeps the answer; null where nobody needs to.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Says what went wrong, to those who look for it.</param>
internal sealed partial class SizeWatch<T>(Func<CancellationToken, Task>? look, TimeProvider time, ILogger<SizeWatch<T>> logger) : BackgroundService
{
    /// <summary>Counting costs an engine more than a search does.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ILogger _logger = logger;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (look is null)
            return;
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
                try
                {
                    await look(stoppingToken).ConfigureAwait(false);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    LogUnknown(error, typeof(T).Name);
                }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Index} did not tell how large it is")]
    private partial void LogUnknown(Exception error, string index);
}
