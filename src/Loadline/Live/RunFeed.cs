using System.Buffers;
using System.Text;
using System.Text.Json;
using Loadline.Faults;
using Loadline.Reports;
using Loadline.Runs;

namespace Loadline.Live;

/// <summary>
/// Reads what is new in a run folder, one page's place in it: the run's files are the only source, so a run that goes on, one that is over and one of another process
/// look alike, and the load generator does no more than it does anyway. Keeps nothing but positions.
/// </summary>
/// <param name="folder">The run folder; it need not be there yet.</param>
/// <param name="time">The clock.</param>
internal sealed class RunFeed(string folder, TimeProvider time)
{
    // The report is written a moment after the summary; a run that was killed in between has none.
    private const int LooksForReport = 10;

    private readonly TailedFile _series = new(Path.Combine(folder, RunFolder.Series));
    private readonly TailedFile _inside = new(Path.Combine(folder, RunFolder.Inside));
    private readonly FaultJournal _faults = new(Path.Combine(folder, FaultJournal.FileName), time, "live");
    private int _looksForReport;

    /// <summary>Whether there is more to be read at once: of a long run that is opened late.</summary>
    public bool HasMore => _series.HasMore || _inside.HasMore;

    /// <summary>Whether the run is over, and this has told so.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What is new, as one JSON object on one line: <c>series</c> (lines of the file), <c>inside</c>, <c>faults</c>, and <c>state</c> while the run goes on or <c>summary</c> once it is over.</summary>
    /// <param name="control">What may be done to the run; null where nothing may.</param>
    /// <exception cref="IOException">A file can't be read.</exception>
    public string Next(RunControl? control)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 14);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            // Before the lines: a run that is over has all its lines.
            var summary = ReadOrNull(RunFolder.Summary);
            json.WriteStartArray("series");
            foreach (var line in _series.Next())
                json.WriteRawValue(line, skipInputValidation: true);
            json.WriteEndArray();
            WriteInside(json);
            WriteFaults(json);
            json.WriteStartObject("control");
            json.WriteBoolean("pause", control?.IsLoading == true);
            json.WriteBoolean("stop", control is not null);
            json.WriteBoolean("lever", summary is null || _faults.Open().Count > 0);
            json.WriteBoolean("pulled", _faults.IsStopped);
            json.WriteEndObject();
            var what = summary ?? ReadOrNull(RunFolder.State);
            if (what is not null)
            {
                json.WritePropertyName(summary is null ? "state" : "summary");
                // A server-sent event ends with its line.
                json.WriteRawValue(what.Replace('\n', ' ').Replace('\r', ' '));
            }
            var isReported = File.Exists(Path.Combine(folder, RunFolder.Report));
            json.WriteBoolean("report", isReported);
            json.WriteEndObject();
            IsOver = summary is not null && !HasMore && (isReported || ++_looksForReport > LooksForReport);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void WriteInside(Utf8JsonWriter json)
    {
        json.WriteStartArray("inside");
        foreach (var line in _inside.Next())
            if (RunJson.ReadInside(line) is { } look)
            {
                json.WriteStartObject();
                json.WriteNumber("t", look.T);
                json.WriteStartArray("of");
                foreach (var (metric, of, value) in InsideColumns.Values(look))
                {
                    json.WriteStartArray();
                    json.WriteStringValue(metric.Name);
                    json.WriteStringValue(metric.Unit);
                    json.WriteStringValue(of);
                    json.WriteNumberValue(value);
                    json.WriteEndArray();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
        json.WriteEndArray();
    }

    // What undoes a fault is nobody's business here.
    private void WriteFaults(Utf8JsonWriter json)
    {
        json.WriteStartArray("faults");
        foreach (var steps in _faults.Steps().GroupBy(entry => entry.Id))
        {
            var last = steps.Last();
            json.WriteStartObject();
            json.WriteString("id", steps.Key);
            json.WriteString("state", JsonNamingPolicy.CamelCase.ConvertName(last.State.ToString()));
            if (steps.FirstOrDefault(step => step.State == LeaseState.Injected) is { } injected)
                json.WriteString("began", injected.At);
            if (last.State == LeaseState.Undone)
                json.WriteString("ended", last.At);
            json.WriteString("problem", last.Problem);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // The file may be replaced, or go, between two looks.
    private string? ReadOrNull(string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
