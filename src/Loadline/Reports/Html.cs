using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Loadline.Reports;

/// <summary>Text that is HTML already. Made only by <see cref="Html"/>, so nothing gets into a page unescaped by mistake.</summary>
internal readonly record struct HtmlText(string Value)
{
    public override string ToString() => Value;
}

/// <summary>Builds HTML from interpolated strings: what stands in braces is escaped, unless it is <see cref="HtmlText"/>.</summary>
internal static class Html
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static HtmlText Of(Template template) => new(template.ToString());

    public static HtmlText Each<T>(IEnumerable<T> items, Func<T, HtmlText> render) => new(string.Concat(items.Select(item => render(item).Value)));

    public static HtmlText If(bool condition, Func<HtmlText> render) => condition ? render() : default;

    public static string Escape(string? text) => text is null ? "" : Encoder.Encode(text);

    /// <summary>Escapes as it joins.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Template
    {
        private readonly StringBuilder _text;

        public Template(int literalLength, int formattedCount) => _text = new(literalLength + formattedCount * 16);

        public void AppendLiteral(string literal) => _text.Append(literal);

        public void AppendFormatted(HtmlText html) => _text.Append(html.Value);

        public void AppendFormatted(string? text) => _text.Append(Escape(text));

        public void AppendFormatted(int number) => _text.Append(number);

        public override string ToString() => _text.ToString();
    }
}
