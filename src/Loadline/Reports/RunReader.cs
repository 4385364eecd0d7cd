using System.Text.Json;
using Loadline.Recording;
using Loadline.Runs;
using Loadline.Traces;

namespace Loadline.Reports;

/// <summary>Reads a run folder.</summary>
public static class RunReader
{
    /// <summary>Reads everything that reports are made from.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="RunFolderException">A file is missing, damaged, or of a newer Loadline.</exception>
    public static RunRecord Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new RunFolderException($"{folder}: there is no such folder; give the run folder that 'loadline run' printed.");
        var summary = LoadSummary(folder);
        return new(
            summary,
            ReadLines(folder, RunFolder.Series, RunJson.ReadPoint),
            ReadLines(folder, RunFolder.Exchanges, RunJson.ReadExchange))
        { Inside = ReadInside(folder), Spread = ReadSpread(folder, summary), Traces = ReadTraces(folder) };
    }

    /// <summary>Reads <c>summary.json</c> alone.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="RunFolderException">It is missing, damaged, or of a newer Loadline.</exception>
    public static RunSummary LoadSummary(string folder)
    {
        var path = Path.Combine(folder, RunFolder.Summary);
        var json = ReadText(path);
        try
        {
            // The version comes first: a newer file may well break the rules of this version.
            using (var document = JsonDocument.Parse(json))
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object
                    || !document.RootElement.TryGetProperty("schemaVersion", out var property) || !property.TryGetInt32(out var version))
                    throw new RunFolderException($"{path}: 'schemaVersion' is missing; this is not a run's summary.");
                if (version is < 1 or > RunJson.NewestSchema)
                    throw new RunFolderException($"{path}: 'schemaVersion' is {version}; this Loadline reads 1 to {RunJson.NewestSchema}. Use the Loadline that wrote it, or a newer one.");
            }
            return RunJson.ReadSummary(json)!;
        }
        catch (JsonException exception)
        {
            throw Damaged(path, exception);
        }
    }

    // Runs of older Loadlines, and those of targets without probes, have no such file.
    private static List<InsidePoint> ReadInside(string folder) =>
        File.Exists(Path.Combine(folder, RunFolder.Inside)) ? ReadLines(folder, RunFolder.Inside, RunJson.ReadInside) : [];

    private static IReadOnlyDictionary<string, IReadOnlyDictionary<string, LatencySteps>> ReadSpread(string folder, RunSummary summary)
    {
        var path = Path.Combine(folder, RunFolder.Histograms);
        try
        {
            return LatencySpread.Read(folder, summary);
        }
        catch (InvalidDataException exception)
        {
            throw new RunFolderException($"{path} is damaged: {exception.Message} Restore it from a copy, or run again.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException($"{path} can't be read: {exception.Message}", exception);
        }
    }

    // Only runs on targets that Loadline started have one.
    private static Dictionary<string, KeptTrace> ReadTraces(string folder)
    {
        var traces = new Dictionary<string, KeptTrace>();
        if (File.Exists(Path.Combine(folder, RunFolder.Traces)))
            foreach (var trace in ReadLines(folder, RunFolder.Traces, KeptTraces.Read))
                if (trace.Spans.Count > 0)
                    traces[trace.TraceId] = trace;
        return traces;
    }

    private static List<T> ReadLines<T>(string folder, string file, Func<string, T?> read)
        where T : class
    {
        var path = Path.Combine(folder, file);
        var items = new List<T>();
        var number = 0;
        foreach (var line in ReadText(path).AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsWhiteSpace())
                continue;
            try
            {
                items.Add(read(line.ToString()) ?? throw new JsonException("The line is null."));
            }
            catch (JsonException exception)
            {
                throw Damaged($"{path}:{number}", exception);
            }
        }
        return items;
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (FileNotFoundException exception)
        {
            throw new RunFolderException($"{path} is missing; a run folder holds {RunFolder.Summary}, {RunFolder.Series} and {RunFolder.Exchanges}. Copy it whole, or run again.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException($"{path} can't be read: {exception.Message}", exception);
        }
    }

    private static RunFolderException Damaged(string where, JsonException exception) =>
        new($"{where} is damaged: {exception.Message} Restore it from a copy, or run again.", exception);
}
