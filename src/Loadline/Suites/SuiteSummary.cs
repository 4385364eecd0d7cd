using System.Text.Json;
using System.Text.Json.Serialization;
using Loadline.Verdicts;

namespace Loadline.Suites;

/// <summary>What a suite found: <c>suite.json</c>. Its page is rendered from this file and the run folders beside it.</summary>
public sealed record SuiteSummary
{
    /// <summary>Version of this file's format; grows when a reader of the old one would misread.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>The suite's folder name.</summary>
    public required string Id { get; init; }

    /// <summary>The suite's name.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: what it is for.</summary>
    public required string Purpose { get; init; }

    /// <summary>How often it is meant to be run; null where the suite doesn't say.</summary>
    public string? Schedule { get; init; }

    /// <summary>Which Loadline wrote it.</summary>
    public required string LoadlineVersion { get; init; }

    /// <summary>When the first run began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was gone on with after it had come to no end, UTC; empty where it was run in one go.</summary>
    public IReadOnlyList<DateTimeOffset> ResumedAt { get; init; } = [];

    /// <summary>When the last run had ended, UTC; of a suite that is not over, when this was written.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>PASS, WARN, FAIL or INVALID: the worst of its runs.</summary>
    public required string Verdict { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public required string Because { get; init; }

    /// <summary>What makes it again.</summary>
    public required string CommandLine { get; init; }

    /// <summary>Run by run, in order, those included that were not made.</summary>
    public required IReadOnlyList<SuiteRunSummary> Runs { get; init; }

    /// <summary>Whether the verdict lets a release go: PASS or WARN.</summary>
    [JsonIgnore]
    public bool IsGo => Verdict == Result.Pass.Word() || Verdict == Result.Warn.Word();
}

/// <summary>One run of a suite.</summary>
/// <param name="Name">What it is called in the suite.</param>
/// <param name="Plan">The plan's name.</param>
/// <param name="Verdict">PASS, WARN, FAIL, INVALID; NOT STARTED where the target could not be started or prepared; NOT RUN where the suite had ended before.</param>
/// <param name="Because">Why, in one sentence.</param>
/// <param name="Folder">The run folder, relative to the suite's; null where there is none.</param>
/// <param name="Seconds">How long it took with preparation and end.</param>
public sealed record SuiteRunSummary(string Name, string Plan, string Verdict, string Because, string? Folder, double Seconds)
{
    /// <summary>The target could not be started or prepared: nothing was measured.</summary>
    public const string NotStarted = "NOT STARTED";

    /// <summary>The suite had ended before.</summary>
    public const string NotRun = "NOT RUN";

    /// <summary>Whether it passed, with a warning or without.</summary>
    [JsonIgnore]
    public bool Passed => Verdict is "PASS" or "WARN";
}

/// <summary>A suite's folder that can't be read: the message says which file, what is wrong with it, and what to do.</summary>
public sealed class SuiteFolderException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>How <c>suite.json</c> is written and read.</summary>
public static class SuiteJson
{
    /// <summary>The file's name.</summary>
    public const string FileName = "suite.json";

    /// <summary>The newest <see cref="SuiteSummary.SchemaVersion"/> that this Loadline reads.</summary>
    public const int NewestSchema = 1;

    /// <summary>Whether a folder is a suite's.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Writes it into a suite's folder, whole or not at all.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void Write(string folder, SuiteSummary summary)
    {
        var path = Path.Combine(folder, FileName);
        File.WriteAllText(path + ".tmp", JsonSerializer.Serialize(summary, SuiteJsonContext.Default.SuiteSummary) + "\n");
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="SuiteFolderException">It is missing, damaged, or of a newer Loadline.</exception>
    public static SuiteSummary Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var summary = JsonSerializer.Deserialize(File.ReadAllText(path), SuiteJsonContext.Default.SuiteSummary) ?? throw new JsonException("it is empty");
            return summary.SchemaVersion is >= 1 and <= NewestSchema
                ? summary
                : throw new SuiteFolderException($"{path}: 'schemaVersion' is {summary.SchemaVersion}; this Loadline reads 1 to {NewestSchema}. Use the Loadline that wrote it, or a newer one.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SuiteFolderException($"{path} can't be read: {problem.Message.TrimEnd('.')}; name the folder of a suite", problem);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SuiteSummary))]
internal sealed partial class SuiteJsonContext : JsonSerializerContext;
