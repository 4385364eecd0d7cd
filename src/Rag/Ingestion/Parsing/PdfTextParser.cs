using System.Text;
using Rag.Media;
using UglyToad.PdfPig;
using UglyToad.PdfPig.DocumentLayoutAnalysis.TextExtractor;
using UglyToad.PdfPig.Exceptions;

namespace Rag.Ingestion.Parsing;

/// <summary>PDF to text, page by page in reading order. The document's title, where it has one, is the title.</summary>
internal sealed class PdfTextParser : IDocumentParser
{
    public string MediaType => MediaTypes.Pdf;

    public string FormatName => "PDF";

    public ParsedDocument Parse(ReadOnlyMemory<byte> content, ParseLimits limits, CancellationToken cancellationToken)
    {
        try
        {
            using var pdf = PdfDocument.Open(content.ToArray());
            if (pdf.NumberOfPages > limits.MaxPages)
                throw new UnreadableDocumentException($"it has {pdf.NumberOfPages} pages; at most {limits.MaxPages} are read; split it");
            var text = new StringBuilder();
            for (var page = 1; page <= pdf.NumberOfPages; page++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                text.Append(ContentOrderTextExtractor.GetText(pdf.GetPage(page), addDoubleNewline: true).Replace('\0', ' ').Trim()).Append("\n\n");
                limits.CheckLength(text.Length);
            }

            var title = pdf.Information.Title?.Trim();
            return new ParsedDocument(text.ToString().ReplaceLineEndings("\n").Trim(), string.IsNullOrEmpty(title) ? null : title);
        }
        catch (PdfDocumentEncryptedException)
        {
            throw new UnreadableDocumentException("it is an encrypted PDF; upload it without a password");
        }
    }
}
