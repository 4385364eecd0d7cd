using System.Net.Http.Json;
using System.Text.Json;

namespace Rag.Bench.Resilience;

/// <summary>One process of <c>rag up</c>, as its supervisor tells.</summary>
internal sealed record FleetProcess(string Name, string Service, int Pid, string State, Uri Address);

/// <summary>The processes of a <c>rag up</c>, and the breakers inside them.</summary>
internal sealed class Fleet(Uri status) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };

    public async Task<IReadOnlyList<FleetProcess>> ProcessesAsync(CancellationToken cancellationToken)
    {
        var reply = await _http.GetFromJsonAsync<JsonElement>(status, cancellationToken);
        return [.. reply.GetProperty("processes").EnumerateArray().Select(p => new FleetProcess(
            p.GetProperty("name").GetString()!, p.GetProperty("service").GetString()!, p.GetProperty("pid").ValueKind == JsonValueKind.Number ? p.GetProperty("pid").GetInt32() : 0,
            p.GetProperty("state").GetString()!, new Uri(p.GetProperty("http").GetString() ?? "http://127.0.0.1:1")))];
    }

    /// <summary>Processes that have a breaker for a service: those that call it.</summary>
    public async Task<IReadOnlyList<Uri>> CallersAsync(string service, CancellationToken cancellationToken)
    {
        var callers = new List<Uri>();
        foreach (var process in await ProcessesAsync(cancellationToken))
            if (process.Service != service && await BreakerAsync(process.Address, service, cancellationToken) is not null)
                callers.Add(process.Address);
        return callers;
    }

    /// <summary>0 closed, 1 half open, 2 open; null where the process has none for the service or doesn't answer.</summary>
    public async Task<double?> BreakerAsync(Uri process, string service, CancellationToken cancellationToken)
    {
        try
        {
            var samples = await Prometheus.ReadAsync(_http, new Uri(process, "/metrics"), cancellationToken);
            return samples.Where(s => s.Name == "rag_seam_breaker_state" && s.Labels.Contains($"service=\"{service}\"", StringComparison.Ordinal)).Select(s => (double?)s.Value).Max();
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}
