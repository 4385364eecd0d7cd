using System.Reflection;
using System.Text.Json.Serialization;
using Rag.Hosting;

namespace Rag.Host.Serving;

/// <summary><c>/health/*</c> and <c>/status</c> of a process without the gateway: its own services, in the gateway's words.</summary>
internal sealed class ProcessEndpoints(IEnumerable<HostedService> services, IEnumerable<IReadiness> readiness, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly string Version =
        typeof(ProcessEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private readonly long _started = time.GetTimestamp();

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", context => WriteAsync(context, 200, new ProcessHealth("live")));
        endpoints.MapGet("/health/ready", ReadyAsync);
        endpoints.MapGet("/status", context => WriteAsync(context, 200, new ProcessStatus(Version, Math.Round(time.GetElapsedTime(_started).TotalSeconds, 3), Services())));
    }

    private Task ReadyAsync(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return WriteAsync(context, 503, new ProcessHealth("stopping"));
        var waiting = Services().Where(service => !service.Ready).ToList();
        return waiting.Count == 0 && lifetime.ApplicationStarted.IsCancellationRequested
            ? WriteAsync(context, 200, new ProcessHealth("ready"))
            : WriteAsync(context, 503, new ProcessHealth("starting", waiting));
    }

    private List<ProcessService> Services() =>
    [
        .. services.Select(service => (service.Name, Reason: service.WaitsFor(readiness))).Select(s => new ProcessService(s.Name, s.Reason is null, s.Reason)),
    ];

    private static Task WriteAsync<T>(HttpContext context, int status, T body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, typeof(T), ProcessJson.Default, null, context.RequestAborted);
    }
}

internal sealed record ProcessHealth(string Status, IReadOnlyList<ProcessService>? Waiting = null);

internal sealed record ProcessService(string Name, bool Ready, string? Reason);

internal sealed record ProcessStatus(string Version, double UptimeSeconds, IReadOnlyList<ProcessService> Services);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProcessHealth))]
[JsonSerializable(typeof(ProcessStatus))]
internal sealed partial class ProcessJson : JsonSerializerContext;
