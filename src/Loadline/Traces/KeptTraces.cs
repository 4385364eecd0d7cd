using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loadline.Traces;

/// <summary>The file of a run's traces.</summary>
public static class KeptTraces
{
    /// <summary>Its name in the run folder.</summary>
    public const string File = "traces.jsonl";

    /// <summary>Writes it, whole or not at all; without traces there is none.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void Write(string folder, IReadOnlyList<KeptTrace> traces)
    {
        if (traces.Count == 0)
            return;
        var path = Path.Combine(folder, File);
        System.IO.File.WriteAllLines(path + ".tmp", traces.Select(trace => JsonSerializer.Serialize(trace, KeptTracesJson.Default.KeptTrace)));
        System.IO.File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is none of this file's.</exception>
    internal static KeptTrace? Read(string line) => JsonSerializer.Deserialize(line, KeptTracesJson.Default.KeptTrace);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(KeptTrace))]
internal sealed partial class KeptTracesJson : JsonSerializerContext;
