using System.Text;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Rag.Media;

namespace Rag.Ingestion.Parsing;

/// <summary>Markdown to text: a line per heading, paragraph, list item or table row; marks, addresses and raw HTML left out, code kept. The first top heading is the title.</summary>
internal sealed class MarkdownTextParser : IDocumentParser
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseYamlFrontMatter().Build();

    public string MediaType => MediaTypes.Markdown;

    public string FormatName => "Markdown";

    public ParsedDocument Parse(ReadOnlyMemory<byte> content, ParseLimits limits, CancellationToken cancellationToken)
    {
        var source = PlainTextParser.Decode(content.Span, limits);
        limits.CheckLength(source.Length);
        var text = new StringBuilder(source.Length);
        string? title = null;
        // Markdig bounds the depth of nesting, so walking its tree is safe.
        foreach (var block in Markdown.Parse(source, Pipeline).Descendants())
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (block)
            {
                case Markdig.Extensions.Yaml.YamlFrontMatterBlock:
                    break;
                case CodeBlock code:
                    text.Append(code.Lines.ToString()).Append("\n\n");
                    break;
                case LeafBlock { Inline: not null } leaf:
                    var start = text.Length;
                    AppendInlines(leaf.Inline, text);
                    if (leaf is HeadingBlock { Level: 1 })
                        title ??= text.ToString(start, text.Length - start).Trim();
                    text.Append(leaf.Parent is TableCell cell && !ReferenceEquals(((ContainerBlock)cell.Parent!).LastChild, cell) ? "\t"
                        : leaf.Parent is ListItemBlock or TableCell ? "\n" : "\n\n");
                    break;
            }
        }

        return new ParsedDocument(text.ToString().Trim(), string.IsNullOrEmpty(title) ? null : title);
    }

    private static void AppendInlines(ContainerInline inlines, StringBuilder text)
    {
        foreach (var inline in inlines.Descendants())
            switch (inline)
            {
                case LiteralInline literal: text.Append(literal.Content.AsSpan()); break;
                case CodeInline code: text.Append(code.Content); break;
                case HtmlEntityInline entity: text.Append(entity.Transcoded.AsSpan()); break;
                case AutolinkInline link: text.Append(link.Url); break;
                case LineBreakInline: text.Append('\n'); break;
            }
    }
}
