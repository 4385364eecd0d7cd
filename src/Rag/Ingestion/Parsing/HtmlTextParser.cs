using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Rag.Media;

namespace Rag.Ingestion.Parsing;

/// <summary>HTML to text: what a reader sees of the content, a line per block; scripts, styles, navigation and forms left out. <c>&lt;title&gt;</c> is the title.</summary>
internal sealed class HtmlTextParser : IDocumentParser
{
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "script", "style", "nav", "noscript", "template", "head", "iframe", "object", "svg", "canvas", "form", "button", "select", "textarea", "aside", "footer",
    };

    private static readonly HashSet<string> Blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "p", "div", "section", "article", "main", "header", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr",
        "blockquote", "pre", "figure", "figcaption", "br", "hr", "address", "details", "summary", "body",
    };

    public string MediaType => MediaTypes.Html;

    public string FormatName => "HTML";

    public ParsedDocument Parse(ReadOnlyMemory<byte> content, ParseLimits limits, CancellationToken cancellationToken)
    {
        // Marks take room that the text doesn't: several times the bound is still read, as source.
        var source = PlainTextParser.Decode(content.Span, limits with { MaxCharacters = (int)Math.Min(int.MaxValue, limits.MaxCharacters * 8L) });
        // The parser's time grows with the square of the nesting's depth; asking at each element makes it interruptible.
        var options = new HtmlParserOptions { OnCreated = (_, _) => cancellationToken.ThrowIfCancellationRequested() };
        using var document = new HtmlParser(options).ParseDocument(source);
        var text = new HtmlText(limits);
        if (document.Body is { } body)
            Walk(body, text, cancellationToken);
        var title = document.Title?.Trim();
        return new ParsedDocument(text.ToString(), string.IsNullOrEmpty(title) ? null : title);
    }

    /// <summary>Without recursion: hostile pages nest a hundred thousand elements.</summary>
    private static void Walk(INode root, HtmlText text, CancellationToken cancellationToken)
    {
        var node = root;
        while (node is not null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var dropped = node is IElement element && (Dropped.Contains(element.LocalName) || element.HasAttribute("hidden"));
            if (!dropped)
            {
                if (node is IText literal)
                    text.Append(literal.Data);
                else if (Blocks.Contains(node.NodeName))
                    text.Break();
                else if (node.NodeName is "TD" or "TH")
                    text.Append("\t");
                if (node.FirstChild is { } child)
                {
                    node = child;
                    continue;
                }
            }

            while (node is not null && node != root && node.NextSibling is null)
                Leave(node = node.Parent, text);
            if (node is null || node == root)
                return;
            Leave(node, text);
            node = node.NextSibling;
        }
    }

    private static void Leave(INode? node, HtmlText text)
    {
        if (node is not null && Blocks.Contains(node.NodeName))
            text.Break();
    }

    /// <summary>Collects text with white space as a browser shows it: one space, or one line end.</summary>
    private sealed class HtmlText(ParseLimits limits)
    {
        private readonly StringBuilder _text = new();
        private char _gap;

        public void Append(string literal)
        {
            foreach (var c in literal)
                if (char.IsWhiteSpace(c))
                {
                    if (_gap == '\0')
                        _gap = ' ';
                }
                else
                {
                    if (_gap != '\0' && _text.Length > 0)
                        _text.Append(_gap);
                    _gap = '\0';
                    _text.Append(c);
                }

            limits.CheckLength(_text.Length);
        }

        public void Break() => _gap = '\n';

        public override string ToString() => _text.ToString();
    }
}
