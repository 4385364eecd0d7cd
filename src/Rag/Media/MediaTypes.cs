namespace Rag.Media;

/// <summary>The formats that can be uploaded. Ingestion has one parser for each; this list is the only one.</summary>
public static class MediaTypes
{
    /// <summary>Plain text.</summary>
    public const string Text = "text/plain";

    /// <summary>Markdown.</summary>
    public const string Markdown = "text/markdown";

    /// <summary>HTML.</summary>
    public const string Html = "text/html";

    /// <summary>PDF.</summary>
    public const string Pdf = "application/pdf";

    /// <summary>Word (Office Open XML).</summary>
    public const string Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

    private static readonly Dictionary<string, string> ByExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".txt"] = Text,
        [".text"] = Text,
        [".md"] = Markdown,
        [".markdown"] = Markdown,
        [".html"] = Html,
        [".htm"] = Html,
        [".pdf"] = Pdf,
        [".docx"] = Docx,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Text, Markdown, Html, Pdf, Docx];

    /// <summary>The file endings that are known, with their dots.</summary>
    public static IEnumerable<string> Extensions => ByExtension.Keys;

    /// <summary>
    /// The format of an upload: its content type without parameters or, when that says nothing (absent, <c>application/octet-stream</c>), its file's ending.
    /// </summary>
    /// <returns>One of <see cref="All"/>, or null when it can't be read.</returns>
    public static string? Resolve(string? contentType, string? fileName)
    {
        var end = contentType?.IndexOf(';') ?? -1;
        var bare = (end < 0 ? contentType : contentType![..end])?.Trim() ?? "";
        foreach (var known in All)
            if (bare.Equals(known, StringComparison.OrdinalIgnoreCase))
                return known;
        if (bare.Equals("text/x-markdown", StringComparison.OrdinalIgnoreCase))
            return Markdown;
        if (bare.Length > 0 && !bare.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase))
            return null;
        return fileName is not null && ByExtension.TryGetValue(Path.GetExtension(fileName), out var byName) ? byName : null;
    }
}
