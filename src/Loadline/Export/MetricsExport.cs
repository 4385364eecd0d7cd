using System.Globalization;

namespace Loadline.Export;

/// <summary>
/// Exports runs while they go on: serves <c>/metrics</c>, pushes by remote write, annotates Grafana. One for a process, which may make several runs one after another.
/// <code>
/// recorder ─▶ RunMetrics ─┬─▶ GET /metrics
///                         ├─▶ remote write, every 5 s, and the last values and the end of all series with the verdict
///                         └─▶ annotations of run and faults
/// </code>
/// </summary>
public sealed class MetricsExport : IAsyncDisposable
{
    // What a run's end waits for, at the most.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ExportOptions _options;
    private readonly TimeProvider _time;
    private readonly RemoteWriter? _writer;
    private readonly GrafanaAnnotations? _grafana;
    private MetricsServer? _server;
    private RunMetrics? _run;
    private CancellationTokenSource? _ending;
    private Task _loop = Task.CompletedTask;

    private MetricsExport(ExportOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _writer = options.RemoteWrite is null ? null : new RemoteWriter(options, time);
        _grafana = options.Grafana is null ? null : new GrafanaAnnotations(options);
    }

    /// <summary>Where <c>/metrics</c> is served; null where it isn't.</summary>
    public Uri? Address => _server?.Address;

    /// <summary>Opens it.</summary>
    /// <param name="options">Where metrics go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends the start.</param>
    /// <exception cref="IOException">The port of <see cref="ExportOptions.Listen"/> is taken.</exception>
    public static async Task<MetricsExport> StartAsync(ExportOptions options, TimeProvider time, CancellationToken stop)
    {
        var export = new MetricsExport(options, time);
        if (options.Listen is { } listen)
            export._server = await MetricsServer.StartAsync(listen, export.Collect, stop).ConfigureAwait(false);
        return export;
    }

    /// <summary>A run begins: from now on its metrics are exported.</summary>
    public void Begin(RunMetrics run)
    {
        Volatile.Write(ref _run, run);
        _ending = new CancellationTokenSource();
        _loop = LoopAsync(run, _ending.Token);
    }

    /// <summary>A run is over: its last values go out, with the mark that its series have ended, and its end into Grafana. Waits ten seconds at the most.</summary>
    /// <returns>What did not arrive, a sentence each.</returns>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        if (_ending is not { } ending || _run is not { } run)
            return [];
        await ending.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        ending.Dispose();
        _ending = null;
        using var patience = new CancellationTokenSource(Patience, _time);
        if (_writer is not null)
            await _writer.EndAsync(Collect(), patience.Token).ConfigureAwait(false);
        if (_grafana is not null)
            await _grafana.LookAsync(run, isOver: true, patience.Token).ConfigureAwait(false);
        return [.. Problems()];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_ending is { } ending)
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await _loop.ConfigureAwait(false);
            ending.Dispose();
        }
        if (_server is not null)
            await _server.DisposeAsync().ConfigureAwait(false);
        _writer?.Dispose();
        _grafana?.Dispose();
    }

    private async Task LoopAsync(RunMetrics run, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_options.Interval, _time);
        try
        {
            do
            {
                if (_writer is not null)
                    await _writer.PushAsync(Collect(), stop).ConfigureAwait(false);
                if (_grafana is not null)
                    await _grafana.LookAsync(run, isOver: false, stop).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    private IReadOnlyList<Series> Collect()
    {
        if (Volatile.Read(ref _run) is not { } run)
            return [];
        var series = run.Collect();
        if (_writer is not { } writer)
            return series;
        return
        [
            .. series,
            .. from counted in new[] { ("dropped", writer.Dropped), ("refused", writer.Refused), ("sent", writer.Sent) }
               select new Series(RunFamilies.Pushed, [new("result", counted.Item1), new("run", run.Run)], counted.Item2),
        ];
    }

    private IEnumerable<string> Problems()
    {
        if (_writer is { Refused: > 0 } or { Dropped: > 0 })
            yield return string.Create(CultureInfo.InvariantCulture, $"{_options.RemoteWrite!.GetLeftPart(UriPartial.Path)} took {_writer.Sent} samples, refused {_writer.Refused}, and {_writer.Dropped} were dropped because they could not be sent; the last time {_writer.Problem}");
        if (_grafana is { Failures: > 0 })
            yield return string.Create(CultureInfo.InvariantCulture, $"Grafana did not take {_grafana.Failures} calls for annotations; the last time {_grafana.Problem}");
    }
}
