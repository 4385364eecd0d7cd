using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Ingestion;

namespace Rag.Documents;

/// <summary>Asks the broker now and then how far ingestion is behind, for the metrics.</summary>
internal sealed partial class ChannelWatch(IJobAnnouncer announcer, TimeProvider time, ILogger<ChannelWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly Meter Meter = new("Rag");
    private static JobChannelState? _last;

    private readonly ILogger _logger = logger;

    static ChannelWatch()
    {
        Meter.CreateObservableGauge("rag.queue.lag_messages", () => Measured(state => state.Messages), "{notice}", "Notices that the broker holds and nobody has acknowledged");
        Meter.CreateObservableGauge("rag.queue.lag_seconds", () => Measured(state => state.Age.TotalSeconds), "s", "Age of the oldest of them");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
                try
                {
                    _last = await announcer.DescribeAsync(stoppingToken).ConfigureAwait(false);
                }
                catch (Exception error) when (!stoppingToken.IsCancellationRequested)
                {
                    _last = null; // no number rather than an old one
                    LogUnknown(error);
                }
        }
        catch (OperationCanceledException)
        {
            _last = null;
        }
    }

    private static IEnumerable<Measurement<double>> Measured(Func<JobChannelState, double> value) => _last is { } state ? [new Measurement<double>(value(state))] : [];

    [LoggerMessage(Level = LogLevel.Debug, Message = "The queue's broker did not tell how much waits in it")]
    private partial void LogUnknown(Exception error);
}
