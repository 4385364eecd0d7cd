using System.IO.Compression;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using Rag.Media;

namespace Rag.Ingestion.Parsing;

/// <summary>Word to text: a line per paragraph, tabs between the cells of a table's row; read as a stream, so that a large file isn't a large tree.</summary>
internal sealed class DocxTextParser : IDocumentParser
{
    /// <summary>What a file may unpack to: a few kilobytes of zip can promise gigabytes.</summary>
    private const long MaxUnpackedBytes = 256L * 1024 * 1024;

    /// <summary>How Office marks a password: the file is a compound document then, no zip.</summary>
    private static ReadOnlySpan<byte> CompoundFile => [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

    public string MediaType => MediaTypes.Docx;

    public string FormatName => "Word (DOCX)";

    public ParsedDocument Parse(ReadOnlyMemory<byte> content, ParseLimits limits, CancellationToken cancellationToken)
    {
        if (content.Span.StartsWith(CompoundFile))
            throw new UnreadableDocumentException("it is a Word file with a password, or of the old .doc format; save it as .docx without a password");
        var bytes = content.ToArray();
        CheckSize(bytes);

        var settings = new OpenSettings { MaxCharactersInPart = 16L * limits.MaxCharacters };
        using var word = WordprocessingDocument.Open(new MemoryStream(bytes, writable: false), isEditable: false, settings);
        var part = word.MainDocumentPart ?? throw new UnreadableDocumentException("it is a zip file without a Word document in it");
        var text = new StringBuilder();
        using (var reader = OpenXmlReader.Create(part))
            while (reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                Append(reader, text);
                limits.CheckLength(text.Length);
            }

        var title = word.PackageProperties.Title?.Trim();
        return new ParsedDocument(text.ToString().Replace('\0', ' ').Trim(), string.IsNullOrEmpty(title) ? null : title);
    }

    private static void Append(OpenXmlReader reader, StringBuilder text)
    {
        if (reader.ElementType == typeof(Text) && reader.IsStartElement)
            text.Append(reader.GetText());
        else if (reader.ElementType == typeof(TabChar) && reader.IsStartElement)
            text.Append('\t');
        else if (reader.ElementType == typeof(Break) && reader.IsStartElement)
            text.Append('\n');
        else if (reader.ElementType == typeof(Paragraph) && reader.IsEndElement)
            text.Append('\n');
        else if (reader.ElementType == typeof(TableCell) && reader.IsEndElement && text.Length > 0 && text[^1] == '\n')
            text[^1] = '\t';
        else if (reader.ElementType == typeof(TableRow) && reader.IsEndElement)
            text.Append('\n');
    }

    private static void CheckSize(byte[] bytes)
    {
        using var zip = new ZipArchive(new MemoryStream(bytes, writable: false), ZipArchiveMode.Read);
        if (zip.Entries.Sum(e => e.Length) > MaxUnpackedBytes)
            throw new UnreadableDocumentException($"it unpacks to more than {MaxUnpackedBytes >> 20} MiB");
    }
}
