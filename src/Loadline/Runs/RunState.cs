using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loadline.Runs;

/// <summary>A run that goes on, as of the last second: <c>state.json</c>, which is there from the load's start until <c>summary.json</c> is.</summary>
public sealed record RunState
{
    /// <summary>The run's name.</summary>
    public required string Id { get; init; }

    /// <summary>The plan as it runs.</summary>
    public required PlanSummary Plan { get; init; }

    /// <summary>When the load began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The phases as planned, seconds since the run's start.</summary>
    public required IReadOnlyList<PhaseSummary> Phases { get; init; }

    /// <summary>The plan's faults: what has become of them is in the journal.</summary>
    public required IReadOnlyList<PlannedFault> Faults { get; init; }

    /// <summary>The load at this moment.</summary>
    public required RunProgress Now { get; init; }

    /// <summary>Writes it into a run folder, whole or not at all.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    internal void WriteTo(string folder)
    {
        var path = Path.Combine(folder, RunFolder.State);
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(this, RunStateJson.Default.RunState));
        File.Move(path + ".tmp", path, overwrite: true);
    }
}

/// <summary>A fault as planned.</summary>
/// <param name="Id">Its lease in the journal.</param>
/// <param name="Name">Its name.</param>
/// <param name="What">What it does, a clause.</param>
/// <param name="Start">When it is due, seconds since the run's start.</param>
/// <param name="End">When it is to be undone.</param>
public sealed record PlannedFault(string Id, string Name, string What, double Start, double End);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(SecondsConverter)])]
[JsonSerializable(typeof(RunState))]
internal sealed partial class RunStateJson : JsonSerializerContext;

/// <summary>Durations as seconds, as everywhere in a run folder.</summary>
internal sealed class SecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TimeSpan.FromSeconds(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.TotalSeconds);
}
