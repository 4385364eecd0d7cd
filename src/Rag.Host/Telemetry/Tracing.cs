using System.Diagnostics.Metrics;
using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Rag.Host.Wiring;
using Rag.Traces;

namespace Rag.Host.Telemetry;

/// <summary>Makes spans where the configuration or the environment names who takes them; otherwise nothing of it is there.</summary>
internal static class Tracing
{
    private static readonly Meter Meter = new("Rag");

    /// <summary>Registers it, if it is wanted.</summary>
    /// <exception cref="InvalidOperationException">A setting or a variable is not permitted.</exception>
    public static void AddTracing(this IServiceCollection services, IConfiguration configuration, Placement placement)
    {
        if (TelemetrySettings.Read(configuration, Environment.GetEnvironmentVariable) is not { } options)
            return;
        services.AddSingleton(provider => Build(options, ServiceIdentity.Of(placement), provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>What makes and sends spans; disposing of it sends what is left, within five seconds.</summary>
    public static TracerProvider Build(TraceOptions options, ServiceIdentity service, TimeProvider time)
    {
        var otlp = new OtlpExporterOptions(); // reads OTEL_EXPORTER_OTLP_…: headers, certificates, time-out
        otlp.Protocol = options.Protocol == TraceOptions.HttpProtobuf ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        if (options.Endpoint is { } endpoint)
            otlp.Endpoint = otlp.Protocol == OtlpExportProtocol.Grpc ? endpoint : new Uri($"{endpoint.ToString().TrimEnd('/')}/v1/traces");
        var batches = new BatchExportActivityProcessorOptions(); // reads OTEL_BSP_…
        var exporter = new BatchActivityExportProcessor(
            new OtlpTraceExporter(otlp), batches.MaxQueueSize, batches.ScheduledDelayMilliseconds, batches.ExporterTimeoutMilliseconds, batches.MaxExportBatchSize);
        var tail = new TailProcessor(exporter, options, time);
        Meter.CreateObservableGauge("rag.traces.held", () => tail.Held, "{span}", "Spans of unsampled requests that wait for how these end");
        Meter.CreateObservableCounter("rag.traces.lost", () => tail.Lost, "{span}", "Spans of unsampled requests that found no room");
        return Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.Clear().AddService(service.Name, serviceNamespace: "rag", serviceVersion: service.Version, autoGenerateServiceInstanceId: true)
                .AddAttributes([new("rag.services", service.Services.ToArray())]).AddTelemetrySdk().AddEnvironmentVariableDetector())
            .AddSource(Spans.Source)
            .SetSampler(new TraceSampler(options))
            .AddProcessor(tail)
            .Build();
    }
}

/// <summary>Who this process is to those who read its spans and its log.</summary>
/// <param name="Name"><c>OTEL_SERVICE_NAME</c>; without it <c>rag-SERVICE</c> of a process with one service, <c>rag</c> of others.</param>
/// <param name="Services">The services that it hosts.</param>
internal sealed record ServiceIdentity(string Name, IReadOnlyList<string> Services)
{
    /// <summary>The program's version.</summary>
    public string Version { get; } = typeof(ServiceIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static ServiceIdentity Of(Placement placement)
    {
        var services = placement.Hosted.Select(module => module.Name).ToList();
        var name = Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is { Length: > 0 } given ? given : services is [var one] ? $"rag-{one}" : "rag";
        return new ServiceIdentity(name, services);
    }
}
