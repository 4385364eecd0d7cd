using Rag.Media;

namespace Rag.Ingestion.Parsing;

/// <summary>All parsers. A new format is a file here, its line below and its name in <see cref="MediaTypes"/>.</summary>
internal static class DocumentParsers
{
    private static readonly Dictionary<string, IDocumentParser> ByMediaType = new IDocumentParser[]
    {
        new PlainTextParser(),
        new MarkdownTextParser(),
        new HtmlTextParser(),
        new PdfTextParser(),
        new DocxTextParser(),
    }.ToDictionary(p => p.MediaType);

    /// <summary>Reads a document's text.</summary>
    /// <exception cref="UnreadableDocumentException">It can't be read, or holds no text.</exception>
    public static ParsedDocument Parse(string contentType, ReadOnlyMemory<byte> content, ParseLimits limits, CancellationToken cancellationToken)
    {
        if (MediaTypes.Resolve(contentType, fileName: null) is not { } mediaType || !ByMediaType.TryGetValue(mediaType, out var parser))
            throw new UnreadableDocumentException($"the content type '{contentType}' can't be read; use {string.Join(", ", MediaTypes.All)}");

        ParsedDocument parsed;
        try
        {
            parsed = parser.Parse(content, limits, cancellationToken);
        }
        catch (Exception error) when (error is not (UnreadableDocumentException or OperationCanceledException or OutOfMemoryException))
        {
            throw new UnreadableDocumentException($"it is not a readable {parser.FormatName} file ({Clip(error.Message)})");
        }

        limits.CheckLength(parsed.Text.Length);
        if (parsed.Text.AsSpan().Trim().IsEmpty)
            throw new UnreadableDocumentException($"it holds no text{(mediaType == MediaTypes.Pdf ? "; a scanned document must go through text recognition first" : "")}");
        return parsed;
    }

    private static string Clip(string message) => message.Length <= 200 ? message : message[..200] + "…";
}
