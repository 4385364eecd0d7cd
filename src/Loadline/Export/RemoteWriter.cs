using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Loadline.Export.Formats;

namespace Loadline.Export;

/// <summary>
/// Pushes a run's values to Prometheus, or to anything that takes remote write 1.0. Values are sums since the run's start, so a push that is lost costs a point and no count. A server that
/// does not answer, or answers 429 or 5xx, gets the same pushes again, in their order, with the next; at most <see cref="MostWaiting"/> wait, and the oldest is dropped then. What it refuses (other
/// 4xx) is not sent again. Nothing of this disturbs the run: it is counted.
/// </summary>
internal sealed class RemoteWriter : IDisposable
{
    /// <summary>The most pushes that wait: a minute of them.</summary>
    public const int MostWaiting = 12;

    // Grafana's graphs have a point each 15 s: one of them must meet the last values.
    private static readonly TimeSpan UntilStale = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;
    private readonly ExportOptions _options;
    private readonly TimeProvider _time;
    private readonly Queue<(byte[] Body, int Samples)> _waiting = new();
    private readonly IReadOnlyList<KeyValuePair<string, string>> _job = [new("instance", Environment.MachineName), new("job", "loadline")];

    public RemoteWriter(ExportOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        if (options.RemoteWriteUser is { } user)
            _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{options.RemoteWritePassword}")));
        else if (options.RemoteWriteToken is { } token)
            _http.DefaultRequestHeaders.Authorization = new("Bearer", token);
    }

    /// <summary>Samples that were taken.</summary>
    public long Sent { get; private set; }

    /// <summary>Samples that were refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Samples that were dropped because too many waited, or because the run's end did not wait for them.</summary>
    public long Dropped { get; private set; }

    /// <summary>What went wrong last, a clause; null when nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Pushes values, and what waited before them.</summary>
    public Task PushAsync(IReadOnlyList<Series> series, CancellationToken stop)
    {
        Enqueue(series, _time.GetUtcNow(), stale: false);
        return SendAsync(stop);
    }

    /// <summary>Pushes a run's last values, and the mark that its series have ended, 15 s behind them.</summary>
    public async Task EndAsync(IReadOnlyList<Series> series, CancellationToken stop)
    {
        Enqueue(series, _time.GetUtcNow(), stale: false);
        Enqueue(series, _time.GetUtcNow() + UntilStale, stale: true);
        await SendAsync(stop).ConfigureAwait(false);
        while (_waiting.TryDequeue(out var left))
            Dropped += left.Samples;
    }

    public void Dispose() => _http.Dispose();

    private void Enqueue(IReadOnlyList<Series> series, DateTimeOffset at, bool stale)
    {
        _waiting.Enqueue(RemoteWriteFormat.Write(series, _options.Histograms, _job, at.ToUnixTimeMilliseconds(), stale));
        while (_waiting.Count > MostWaiting)
            Dropped += _waiting.Dequeue().Samples;
    }

    // In their order: a server takes no older value behind a newer one.
    private async Task SendAsync(CancellationToken stop)
    {
        while (_waiting.TryPeek(out var push))
        {
            if (await PostAsync(push.Body, stop).ConfigureAwait(false) is not { } status)
                return;
            _waiting.Dequeue();
            if (status)
                Sent += push.Samples;
            else
                Refused += push.Samples;
        }
    }

    // Whether it was taken; null to try again.
    private async Task<bool?> PostAsync(byte[] body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.RemoteWrite) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Content.Headers.ContentEncoding.Add("snappy");
        request.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
        request.Headers.UserAgent.ParseAdd("loadline");
        try
        {
            using var response = await _http.SendAsync(request, stop).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return true;
            var said = await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
            Problem = string.Create(CultureInfo.InvariantCulture, $"it answered {(int)response.StatusCode}: {said.ReplaceLineEndings(" ").Trim()[..Math.Min(200, said.ReplaceLineEndings(" ").Trim().Length)]}");
            return response.StatusCode == HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500 ? null : false;
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or IOException)
        {
            Problem = problem is OperationCanceledException ? "it did not answer in time" : problem.Message;
            return null;
        }
    }
}
