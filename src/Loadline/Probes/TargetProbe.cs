using System.Net.Http.Headers;
using System.Text.Json;
using Loadline.Recording;
using Loadline.Targets;

namespace Loadline.Probes;

/// <summary>
/// Looks at the target from inside while it is loaded: reads its Prometheus endpoints (and asks nvidia-smi) every few seconds, beside the load and on connections of its own, and writes what
/// the profile asks for to the run folder. A look that fails is counted there and disturbs nothing. Each look, answer and list is bounded in time and size.
/// </summary>
public sealed class TargetProbe : IDisposable
{
    private const int MostEndpoints = 200, AtOnce = 8, LooksBetweenLists = 5, MostLooks = 20_000;

    private readonly ProbeProfile _profile;
    private readonly IReadOnlyList<InsideReading> _readings;
    private readonly IReadOnlyList<(Uri Address, bool IsList)> _sources;
    private readonly InsideLog _log;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly Dictionary<string, Endpoint> _endpoints = [];
    private readonly SemaphoreSlim _room = new(AtOnce);
    private readonly GpuProbe? _gpu;
    private double _last = -1;
    private int _looks;

    /// <summary>A probe that does not look yet.</summary>
    /// <param name="profile">What to look at.</param>
    /// <param name="target">Where the target is: paths are its.</param>
    /// <param name="list">The list of all of the target's endpoints, in place of its paths; null where it has none.</param>
    /// <param name="known">Metrics that are known otherwise, and are not read.</param>
    /// <param name="log">Takes what is seen.</param>
    /// <param name="time">The clock.</param>
    /// <param name="handler">Sends; null for HTTP.</param>
    public TargetProbe(ProbeProfile profile, Uri target, Uri? list, IReadOnlyCollection<string> known, InsideLog log, TimeProvider time, HttpMessageHandler? handler = null)
    {
        _profile = profile;
        _readings = [.. profile.Readings.Where(reading => !known.Contains(reading.Metric.Name))];
        _sources = [.. profile.Endpoints.Select(endpoint => endpoint.Where is ['/', ..] ? list is null ? (new Uri(target, endpoint.Where), endpoint.IsList) : (list, true) : (new Uri(endpoint.Where), endpoint.IsList)).Distinct()];
        (_log, _time) = (log, time);
        _gpu = profile.NvidiaSmi ? new GpuProbe() : null;
        _http = new HttpClient(handler ?? new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ConnectTimeout = profile.Timeout, ActivityHeadersPropagator = null, AutomaticDecompression = System.Net.DecompressionMethods.All })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 1 << 20,
        };
        _http.DefaultRequestHeaders.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("text/plain;version=0.0.4"));
        _http.DefaultRequestHeaders.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/openmetrics-text;version=1.0.0;q=0.5"));
        _http.DefaultRequestHeaders.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("*/*;q=0.1"));
    }

    /// <summary>Looks until cancelled: at once, then every few seconds; less often in runs so long that the file would outgrow its bound.</summary>
    /// <param name="now">Nanoseconds since the run's start.</param>
    /// <param name="length">How long the run will be.</param>
    /// <param name="stop">Ends it, without an exception.</param>
    public async Task RunAsync(Func<long> now, TimeSpan length, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(_profile.Every.TotalSeconds, length.TotalSeconds / MostLooks)), _time);
        try
        {
            do
                await LookAsync(now, stop).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The load is over.
        }
    }

    /// <summary>Looks once.</summary>
    /// <param name="now">Nanoseconds since the run's start.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task LookAsync(Func<long> now, CancellationToken stop)
    {
        var failed = new Dictionary<string, string>(StringComparer.Ordinal);
        if (_looks++ % LooksBetweenLists == 0 || _endpoints.Count == 0)
            await FindAsync(failed, stop).ConfigureAwait(false);
        var draft = new InsideDraft();
        var endpoints = _endpoints.Values.ToList();
        var gpu = _gpu?.LookAsync(_profile.Timeout, stop);
        var problems = await Task.WhenAll(endpoints.Select(endpoint => ReadAsync(endpoint, stop))).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        var at = now() / 1e9;
        foreach (var (endpoint, problem) in endpoints.Zip(problems))
            if (problem is null)
                endpoint.Intake.End(at, draft);
            else
                failed[endpoint.Name] = problem;
        if (gpu is not null)
            (await gpu.ConfigureAwait(false)).AddTo(draft, failed);
        var over = _last < 0 ? 0 : at - _last;
        _last = at;
        _log.Write(draft.Point(at, over) with
        {
            Asked = endpoints.Count + (gpu is null ? 0 : 1) + failed.Keys.Count(name => name.StartsWith("list", StringComparison.Ordinal)),
            Failed = failed.Count == 0 ? null : failed,
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _room.Dispose();
    }

    private async Task FindAsync(Dictionary<string, string> failed, CancellationToken stop)
    {
        var found = new Dictionary<string, (string Name, IReadOnlyDictionary<string, string> Labels)>();
        var isWhole = true;
        for (var i = 0; i < _sources.Count; i++)
        {
            var (address, isList) = _sources[i];
            if (!isList)
            {
                found[address.AbsoluteUri] = ($"endpoint {i + 1}", new Dictionary<string, string>());
                continue;
            }
            var problem = await GuardAsync(async within =>
            {
                foreach (var (uri, labels) in HttpSd.Read(await _http.GetByteArrayAsync(address, within).ConfigureAwait(false), address.Scheme))
                    found[uri.AbsoluteUri] = (labels.GetValueOrDefault("process") ?? $"endpoint {found.Count + 1}", labels);
            }, stop).ConfigureAwait(false);
            if (problem is not null)
                (failed[$"list {i + 1}"], isWhole) = (problem, false);
        }
        foreach (var (address, of) in found.Take(MostEndpoints))
            if (!_endpoints.ContainsKey(address))
                _endpoints[address] = new Endpoint(of.Name, new Uri(address), new SeriesIntake(_readings, of.Labels));
        // A list that did not come says nothing of who has gone.
        if (isWhole)
            foreach (var gone in _endpoints.Keys.Except(found.Keys).ToList())
                _endpoints.Remove(gone);
    }

    private Task<string?> ReadAsync(Endpoint endpoint, CancellationToken stop) => GuardAsync(async within =>
    {
        await _room.WaitAsync(within).ConfigureAwait(false);
        try
        {
            endpoint.Intake.Begin();
            using var answer = await _http.GetAsync(endpoint.Address, HttpCompletionOption.ResponseHeadersRead, within).ConfigureAwait(false);
            answer.EnsureSuccessStatusCode();
            await using var body = await answer.Content.ReadAsStreamAsync(within).ConfigureAwait(false);
            await PrometheusText.ReadAsync(body, endpoint.Intake.Take, within).ConfigureAwait(false);
        }
        finally
        {
            _room.Release();
        }
    }, stop);

    // Why it failed, in few words; null when it did not.
    private async Task<string?> GuardAsync(Func<CancellationToken, Task> look, CancellationToken stop)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(stop);
        within.CancelAfter(_profile.Timeout);
        try
        {
            await look(within.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return "timed out";
        }
        catch (HttpRequestException problem)
        {
            return problem.StatusCode is { } status ? $"HTTP {(int)status}" : problem.HttpRequestError.ToString();
        }
        catch (Exception problem) when (problem is InvalidDataException or JsonException)
        {
            return problem.Message;
        }
        catch (Exception problem) when (problem is IOException or NotSupportedException or InvalidOperationException)
        {
            return problem is IOException ? "cut off" : "no address that can be asked";
        }
    }

    private sealed record Endpoint(string Name, Uri Address, SeriesIntake Intake);
}
