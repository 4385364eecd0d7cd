using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loadline.Recording;

/// <summary>Names of the files that recording writes in the run folder.</summary>
public static class RecordingFiles
{
    /// <summary>A <see cref="SeriesPoint"/> per line and second.</summary>
    public const string Series = "series.jsonl";

    /// <summary>HdrHistograms by operation, outcome, measure and phase, second by second.</summary>
    public const string Histograms = "histograms.hlog";

    /// <summary>An <see cref="InsidePoint"/> per line: looks at the target from inside.</summary>
    public const string Inside = "inside.jsonl";

    /// <summary>A <see cref="SampledExchange"/> per line.</summary>
    public const string Exchanges = "exchanges.jsonl";
}

/// <summary>How recording's lines are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SeriesPoint))]
[JsonSerializable(typeof(InsidePoint))]
[JsonSerializable(typeof(SampledExchange))]
internal sealed partial class RecordingJson : JsonSerializerContext;

/// <summary>
/// The recorder's files. Series and histograms grow by the second and are handed to the operating system each second, so a crash of this process leaves
/// them readable up to the last one. The sampled exchanges are replaced as a whole, by a rename, because better samples displace earlier ones.
/// </summary>
internal sealed class RunFiles : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _series;

    public RunFiles(string folder, DateTimeOffset startedAt)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _series = new FileStream(Path.Combine(_folder, RecordingFiles.Series), FileMode.Create, FileAccess.Write, FileShare.Read);
        Histograms = new HistogramLog(Path.Combine(_folder, RecordingFiles.Histograms), startedAt);
    }

    public HistogramLog Histograms { get; }

    public void Write(SeriesPoint point)
    {
        JsonSerializer.Serialize(_series, point, RecordingJson.Default.SeriesPoint);
        _series.WriteByte((byte)'\n');
    }

    public void Flush()
    {
        _series.Flush();
        Histograms.Flush();
    }

    public void Replace(IReadOnlyList<SampledExchange> exchanges)
    {
        var path = Path.Combine(_folder, RecordingFiles.Exchanges);
        using (var stream = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
            foreach (var exchange in exchanges)
            {
                JsonSerializer.Serialize(stream, exchange, RecordingJson.Default.SampledExchange);
                stream.WriteByte((byte)'\n');
            }
        File.Move(path + ".new", path, overwrite: true);
    }

    public void Dispose()
    {
        _series.Dispose();
        Histograms.Dispose();
    }
}
