using System.Globalization;
using System.Text;

namespace Rag.Engines.Metadata;

/// <summary>
/// Any .NET text as one that every database and every UTF-8 reader keeps exactly: NUL, lone surrogates and the backslash are written as <c>\XXXX</c>. Different
/// texts stay different; texts without those characters stay as they are.
/// </summary>
internal static class SafeText
{
    public static string Escape(string text)
    {
        StringBuilder? escaped = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var isPair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (isPair || (c is not ('\0' or '\\') && !char.IsSurrogate(c)))
            {
                escaped?.Append(text, i, isPair ? 2 : 1);
                i += isPair ? 1 : 0;
                continue;
            }

            escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
            escaped.Append(CultureInfo.InvariantCulture, $"\\{(int)c:X4}");
        }

        return escaped?.ToString() ?? text;
    }

    public static string Unescape(string text)
    {
        var at = text.IndexOf('\\', StringComparison.Ordinal);
        if (at < 0)
            return text;
        var plain = new StringBuilder(text.Length);
        var from = 0;
        for (; at >= 0 && at + 4 < text.Length; at = text.IndexOf('\\', from))
        {
            plain.Append(text, from, at - from).Append((char)ushort.Parse(text.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            from = at + 5;
        }

        return plain.Append(text, from, text.Length - from).ToString();
    }
}
