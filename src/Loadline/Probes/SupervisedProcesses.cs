using System.Text.Json;

namespace Loadline.Probes;

/// <summary>A process to look at.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="Id">Its id at this moment; a restart gives it another.</param>
public readonly record struct WatchedProcess(string Name, int Id)
{
    /// <summary>The service of the target that it runs; null when it is no part of the target.</summary>
    public string? Service { get; init; }

    /// <summary>All services that it runs, where it runs several; otherwise null.</summary>
    public IReadOnlyList<string>? Services { get; init; }
}

/// <summary>
/// The processes that a supervisor runs, from its <c>/status</c>: <c>{"processes": [{"name": …, "service": …, "services": […], "pid": …}]}</c>. A process that is being restarted has no id
/// and is left out.
/// </summary>
/// <param name="address">Where the supervisor answers.</param>
public sealed class SupervisedProcesses(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(2),
        MaxResponseContentBufferSize = 1 << 20,
    };

    private readonly Lock _lock = new();
    private volatile IReadOnlyList<WatchedProcess> _latest = [];
    private Task _refreshing = Task.CompletedTask;

    /// <summary>The processes as the supervisor told last; asks it again in the background, so the next call knows what happened until this one.</summary>
    public IReadOnlyList<WatchedProcess> Now()
    {
        lock (_lock)
            if (_refreshing.IsCompleted)
                _refreshing = RefreshAsync(CancellationToken.None);
        return _latest;
    }

    /// <summary>Asks the supervisor; what was known stays when it doesn't answer.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _http.GetByteArrayAsync(new Uri("/status", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            using var status = JsonDocument.Parse(answer);
            _latest =
            [
                .. from process in status.RootElement.GetProperty("processes").EnumerateArray()
                   where process.TryGetProperty("pid", out var id) && id.ValueKind == JsonValueKind.Number
                   select new WatchedProcess(process.GetProperty("name").GetString()!, process.GetProperty("pid").GetInt32())
                   {
                       Service = process.TryGetProperty("service", out var service) && service.GetString() is { } named ? named : process.GetProperty("name").GetString(),
                       Services = process.TryGetProperty("services", out var services) ? [.. services.EnumerateArray().Select(each => each.GetString()!)] : null,
                   },
            ];
        }
        catch (Exception problem) when (
            problem is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
            || (problem is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A supervisor that is gone ends the run by itself; one that is late is asked again.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
