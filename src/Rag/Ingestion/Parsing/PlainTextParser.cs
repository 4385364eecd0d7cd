using System.Text;
using Rag.Media;

namespace Rag.Ingestion.Parsing;

/// <summary>Plain text: UTF-8, or UTF-16 with a byte order mark. Bytes that are no text are replaced by U+FFFD.</summary>
internal sealed class PlainTextParser : IDocumentParser
{
    public string MediaType => MediaTypes.Text;

    public string FormatName => "text";

    public ParsedDocument Parse(ReadOnlyMemory<byte> content, ParseLimits limits, CancellationToken cancellationToken) => new(Decode(content.Span, limits));

    /// <summary>Bytes to text, as every text format here is read. A null character ends a line to some and a text to others: it becomes a space.</summary>
    public static string Decode(ReadOnlySpan<byte> content, ParseLimits limits)
    {
        var (encoding, mark) = content switch
        {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
            [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
            [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
            _ => (Encoding.UTF8, 0),
        };
        content = content[mark..];
        // Before the text is made: a character takes at most three bytes here.
        if (content.Length > 3L * limits.MaxCharacters)
            limits.CheckLength(encoding.GetCharCount(content));
        var text = encoding.GetString(content);
        return text.Contains('\0') ? text.Replace('\0', ' ') : text;
    }
}
