using System.Text.Json;

namespace Rag.Engines.Onnx;

/// <summary>Reads the files of a model's folder and notes all that is wrong, so that it can be told at once.</summary>
/// <param name="path">The folder.</param>
/// <param name="setting">The setting that names it, for the problems' texts.</param>
internal sealed class FolderReader(string path, string setting)
{
    private readonly List<string> _problems = [];

    /// <summary>What is wrong, with remedies.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The folder.</summary>
    public string Folder => path;

    /// <summary>Notes a problem.</summary>
    public void Refuse(string problem) => _problems.Add($"{setting}: {path}: {problem}");

    /// <summary>Whether a file is there.</summary>
    public bool Has(string name) => File.Exists(Path.Combine(path, name));

    /// <summary>A JSON file; null when there is none, or none that can be read, which is noted.</summary>
    public JsonElement? Json(string name) => Read(name, file =>
    {
        using var stream = File.OpenRead(file);
        using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return (JsonElement?)document.RootElement.Clone();
    });

    /// <summary>A file's lines.</summary>
    public string[]? Lines(string name) => Read(name, File.ReadAllLines);

    /// <summary>A property; null when the element is no object, or has none of the name.</summary>
    public static JsonElement? Property(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty(name, out var property) ? property : null;

    public static string? Text(JsonElement? element, string name) => Property(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static bool? Flag(JsonElement? element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag ? flag.GetBoolean() : null;

    /// <summary>A whole number over 0, of those that mean something: some files write 10^30 for "any".</summary>
    public static int? Whole(JsonElement? element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) && value is > 0 and < 1_000_000 ? value : null;

    private T? Read<T>(string name, Func<string, T> read)
    {
        if (!Has(name))
            return default;
        try
        {
            return read(Path.Combine(path, name));
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            Refuse($"{name} can't be read: {error.Message} Copy it again from the model's repository");
            return default;
        }
    }
}
