using System.Diagnostics;

namespace Rag.Bench.Alerts;

/// <summary>An alert as Prometheus tells of it.</summary>
/// <param name="Name">Which.</param>
/// <param name="IsFiring">Or about to: its condition holds and its wait goes on.</param>
/// <param name="Description">What it says.</param>
internal sealed record ToldAlert(AlertName Name, bool IsFiring, string Description);

/// <summary>A time in which an alert fired, or was about to. Seconds since the watch began.</summary>
internal sealed record AlertSpan(AlertName Name, bool IsFiring, string Description, double From)
{
    /// <summary>When it was over; null while it goes on.</summary>
    public double? To { get; set; }
}

/// <summary>Looks at all alerts twice a second and remembers what it saw.</summary>
internal sealed class AlertWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly AlertingPrometheus _prometheus;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly List<AlertSpan> _spans = [];
    private readonly Task _looking;

    public AlertWatch(AlertingPrometheus prometheus)
    {
        _prometheus = prometheus;
        _looking = LookAsync();
    }

    /// <summary>Seconds since it began.</summary>
    public double Now => Stopwatch.GetElapsedTime(_origin).TotalSeconds;

    /// <summary>Alerts that fire now.</summary>
    public IReadOnlySet<AlertName> Firing
    {
        get
        {
            lock (_lock)
                return _spans.Where(span => span is { IsFiring: true, To: null }).Select(span => span.Name).ToHashSet();
        }
    }

    /// <summary>Whether nothing fires and nothing is about to.</summary>
    public bool IsQuiet
    {
        get
        {
            lock (_lock)
                return _spans.TrueForAll(span => span.To is not null);
        }
    }

    /// <summary>What was seen since a time, in its order.</summary>
    public IReadOnlyList<AlertSpan> Since(double time)
    {
        lock (_lock)
            return [.. _spans.Where(span => span.To is null || span.To > time)];
    }

    /// <summary>When an alert first fired after a time; null when it has not.</summary>
    public double? FiredAfter(AlertName name, double time)
    {
        lock (_lock)
            return _spans.FirstOrDefault(span => span.IsFiring && span.Name == name && (span.To is null || span.To > time)) is { } span ? Math.Max(time, span.From) : null;
    }

    /// <summary>When an alert was last seen to fire; null when it fires or never did.</summary>
    public double? LastFired(AlertName name)
    {
        lock (_lock)
            return _spans.LastOrDefault(span => span.IsFiring && span.Name == name)?.To;
    }

    /// <summary>Waits until something is so.</summary>
    /// <returns>False when it is not within the limit.</returns>
    public static async Task<bool> UntilAsync(Func<bool> isSo, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
                return false;
            await Task.Delay(200, cancellationToken);
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking;
        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                try
                {
                    Note(await _prometheus.AlertsAsync(_stop.Token));
                }
                catch (HttpRequestException)
                {
                    // Too busy for a moment: the next look sees what this one did not.
                }
        }
        catch (OperationCanceledException)
        {
            // The watch is over.
        }
    }

    private void Note(IReadOnlyList<ToldAlert> told)
    {
        lock (_lock)
        {
            // Of several instances of an alert one is told: the one that fires, if any does.
            var now = told.GroupBy(alert => alert.Name).ToDictionary(same => same.Key, same => same.OrderByDescending(alert => alert.IsFiring).First());
            foreach (var span in _spans.Where(span => span.To is null))
                if (!now.TryGetValue(span.Name, out var still) || still.IsFiring != span.IsFiring)
                    span.To = Now;
            foreach (var alert in now.Values)
                if (!_spans.Exists(span => span.To is null && span.Name == alert.Name))
                    _spans.Add(new AlertSpan(alert.Name, alert.IsFiring, alert.Description, Now));
        }
    }
}
