using System.Text.Json;
using System.Text.Json.Serialization;
using Loadline.Recording;

namespace Loadline.Runs;

/// <summary>How the files of a run folder are written and read: <c>docs/summary-schema.md</c> documents them.</summary>
public static class RunJson
{
    /// <summary>The newest <see cref="RunSummary.SchemaVersion"/> that this Loadline reads.</summary>
    public const int NewestSchema = 1;

    /// <summary><c>summary.json</c>, indented: people read it, and its differences.</summary>
    public static string Write(RunSummary summary) => JsonSerializer.Serialize(summary, Indented.Default.RunSummary) + "\n";

    /// <summary>Writes <c>summary.json</c> into a run folder, whole or not at all.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void WriteSummary(string folder, RunSummary summary)
    {
        var path = Path.Combine(folder, RunFolder.Summary);
        File.WriteAllText(path + ".tmp", Write(summary));
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>A line of <c>series.jsonl</c>, without its end.</summary>
    public static string Write(SeriesPoint point) => JsonSerializer.Serialize(point, Lines.Default.SeriesPoint);

    /// <summary>A line of <c>exchanges.jsonl</c>, without its end.</summary>
    public static string Write(SampledExchange exchange) => JsonSerializer.Serialize(exchange, Lines.Default.SampledExchange);

    internal static RunSummary? ReadSummary(string json) => JsonSerializer.Deserialize(json, Lines.Default.RunSummary);

    internal static SeriesPoint? ReadPoint(string line) => JsonSerializer.Deserialize(line, Lines.Default.SeriesPoint);

    internal static InsidePoint? ReadInside(string line) => JsonSerializer.Deserialize(line, Lines.Default.InsidePoint);

    internal static SampledExchange? ReadExchange(string line) => JsonSerializer.Deserialize(line, Lines.Default.SampledExchange);

    /// <summary>The summary on one line, with <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> escaped: safe inside an HTML script element.</summary>
    internal static string Embed(RunSummary summary) => JsonSerializer.Serialize(summary, Lines.Default.RunSummary);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class Indented : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunSummary))]
[JsonSerializable(typeof(SeriesPoint))]
[JsonSerializable(typeof(SampledExchange))]
[JsonSerializable(typeof(InsidePoint))]
internal sealed partial class Lines : JsonSerializerContext;
