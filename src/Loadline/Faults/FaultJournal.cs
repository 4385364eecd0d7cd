using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Loadline.Faults;

/// <summary>What has become of a lease.</summary>
internal enum LeaseState
{
    /// <summary>About to be injected: from here on it must be undone.</summary>
    [JsonStringEnumMemberName("injecting")]
    Injecting,

    /// <summary>In force.</summary>
    [JsonStringEnumMemberName("injected")]
    Injected,

    /// <summary>Undone.</summary>
    [JsonStringEnumMemberName("undone")]
    Undone,

    /// <summary>It could not be undone: somebody must look.</summary>
    [JsonStringEnumMemberName("stuck")]
    Stuck,
}

/// <summary>A line of the journal: what has become of a lease, and what undoes it.</summary>
internal sealed record JournalEntry
{
    /// <summary>The lease: the fault's name, with <c>#n</c> behind it from the second of that name on.</summary>
    public required string Id { get; init; }

    /// <summary>What has become of it.</summary>
    public required LeaseState State { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When it ends by itself, UTC.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>What is disturbed, in words.</summary>
    public required string What { get; init; }

    /// <summary>What undoes it.</summary>
    public required IReadOnlyList<UndoStep> Undo { get; init; }

    /// <summary>Who wrote the line: <c>run</c>, <c>guard</c> or <c>lever</c>.</summary>
    public required string By { get; init; }

    /// <summary>What went wrong; null for nothing.</summary>
    public string? Problem { get; init; }
}

/// <summary>
/// The faults of a run in a file of its folder, a line for each step of each lease, on the disk before the step is taken. Whoever is left when Loadline is gone reads
/// what is still to be undone: the guard, or <c>loadline faults RUN --stop</c>.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="time">The clock.</param>
/// <param name="by">Who writes.</param>
internal sealed partial class FaultJournal(string path, TimeProvider time, string by)
{
    /// <summary>The file's name in a run folder.</summary>
    public const string FileName = "faults.jsonl";

    /// <summary>The lever: while this file lies in the run folder no fault is injected, and those in force end.</summary>
    public const string LeverName = "faults.stop";

    private readonly Lock _gate = new();

    /// <summary>Whether the lever was pulled.</summary>
    public bool IsStopped => File.Exists(Path.Combine(Path.GetDirectoryName(path)!, LeverName));

    /// <summary>Pulls the lever.</summary>
    public void Stop() => File.WriteAllText(Path.Combine(Path.GetDirectoryName(path)!, LeverName), "");

    /// <summary>Writes a line, and returns when it is on the disk.</summary>
    /// <exception cref="IOException">It can't be written: then nothing may be injected.</exception>
    public void Write(JournalEntry entry)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(entry with { At = time.GetUtcNow(), By = by }, Json.Default.JournalEntry);
        lock (_gate)
        {
            // Others append to the same file.
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            file.Write([.. line, (byte)'\n']);
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>The last line of each lease, in the order in which they began. A line that was cut by a crash is none.</summary>
    public IReadOnlyList<JournalEntry> Read()
    {
        var latest = new Dictionary<string, JournalEntry>();
        foreach (var entry in Steps())
            latest[entry.Id] = entry;
        return [.. latest.Values];
    }

    /// <summary>Every line, in the order in which they were written. A line that was cut by a crash is none.</summary>
    public IReadOnlyList<JournalEntry> Steps()
    {
        var steps = new List<JournalEntry>();
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Encoding.UTF8);
            while (reader.ReadLine() is { } line)
                if (Parse(line) is { } entry)
                    steps.Add(entry);
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            // No fault was begun yet.
        }
        return steps;
    }

    /// <summary>Leases that are still to be undone.</summary>
    public IReadOnlyList<JournalEntry> Open() => [.. Read().Where(entry => entry.State is LeaseState.Injecting or LeaseState.Injected)];

    private static JournalEntry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Json.Default.JournalEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(JournalEntry))]
    private sealed partial class Json : JsonSerializerContext;
}
