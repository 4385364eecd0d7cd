using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rag.Host.Supervising;

/// <summary>What the supervisor's <c>/status</c> answers.</summary>
/// <param name="Ready">Whether every process is ready.</param>
/// <param name="MemoryBytes">Resident bytes of all processes together; pages that they share count once for each.</param>
/// <param name="Processes">Process by process, in the order in which they start.</param>
internal sealed record FleetStatus(bool Ready, long MemoryBytes, IReadOnlyList<FleetProcess> Processes);

/// <summary>See <see cref="ProcessReport"/>; <paramref name="Services"/> is null where the process hosts one.</summary>
internal sealed record FleetProcess(
    string Name, string Service, IReadOnlyList<string>? Services, int Replica, int? Pid, string State, int Restarts, DateTimeOffset Since, string? Http, string? Grpc, long? MemoryBytes,
    int? LastExitCode)
{
    public static FleetProcess Of(ProcessReport report) => new(
        report.Plan.Name, report.Plan.Service, report.Plan.Services.Count > 1 ? report.Plan.Services : null, report.Plan.Replica, report.Pid, JsonNamingPolicy.SnakeCaseLower.ConvertName(report.State.ToString()),
        report.Restarts, report.Since, report.Http, report.Plan.Grpc, report.MemoryBytes, report.LastExitCode);
}

/// <summary>What the supervisor's <c>/health/ready</c> answers.</summary>
/// <param name="Status"><c>ready</c> or <c>starting</c>.</param>
/// <param name="Waiting">Processes that are not ready.</param>
internal sealed record FleetHealth(string Status, IReadOnlyList<string>? Waiting);

/// <summary>Addresses to scrape and their labels, as Prometheus's HTTP service discovery (<c>http_sd_config</c>) reads them.</summary>
internal sealed record ScrapeTarget(IReadOnlyList<string> Targets, IReadOnlyDictionary<string, string> Labels);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(FleetStatus))]
[JsonSerializable(typeof(FleetHealth))]
[JsonSerializable(typeof(IReadOnlyList<ScrapeTarget>))]
internal sealed partial class StatusJson : JsonSerializerContext;
