using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Loadline.Targets;

/// <summary>
/// A text with placeholders, compiled once. In a JSON body a placeholder inside quotes is filled with the escaped text alone, one outside with a whole JSON
/// value, so both <c>"Q: {{question}}"</c> and <c>{{question}}</c> are right. In a path a value is percent-encoded; in a header it stands as it is.
/// </summary>
public sealed class Template
{
    private readonly Part[] _parts;
    private readonly TemplateForm _form;
    private readonly string? _constant;
    private readonly ulong _used;

    private Template(string source, TemplateForm form, Part[] parts)
    {
        Source = source;
        _form = form;
        _parts = parts;
        foreach (var part in parts)
            _used |= part.Placeholder is { } placeholder ? 1UL << (int)placeholder : 0;
        if (_used == 0)
            _constant = source;
    }

    /// <summary>The text as written.</summary>
    public string Source { get; }

    /// <summary>Whether there is nothing to fill.</summary>
    public bool IsConstant => _constant is not null;

    /// <summary>Whether the template asks for a value.</summary>
    public bool Uses(Placeholder placeholder) => (_used & (1UL << (int)placeholder)) != 0;

    /// <summary>Compiles a template.</summary>
    /// <exception cref="FormatException">An unknown placeholder or one that isn't closed; the message names the rule.</exception>
    public static Template Compile(string source, TemplateForm form)
    {
        var parts = new List<Part>();
        var inString = false;
        var from = 0;
        while (from < source.Length)
        {
            var open = source.IndexOf("{{", from, StringComparison.Ordinal);
            var literal = source[from..(open < 0 ? source.Length : open)];
            if (form == TemplateForm.Json)
                inString = EndsInString(literal, inString);
            if (literal.Length > 0)
                parts.Add(new Part(Encoding.UTF8.GetBytes(literal), null, false));
            if (open < 0)
                break;
            // `{{{users}}}`: the innermost pair is the placeholder, the outer brace is the body's own.
            if (open + 2 < source.Length && source[open + 2] == '{')
            {
                parts.Add(new Part("{"u8.ToArray(), null, false));
                from = open + 1;
                continue;
            }
            var close = source.IndexOf("}}", open + 2, StringComparison.Ordinal);
            if (close < 0)
                throw new FormatException($"'{source[open..Math.Min(source.Length, open + 30)]}' is not closed by '}}}}'");
            var name = source[(open + 2)..close].Trim();
            if (!Placeholders.ByName.TryGetValue(name, out var placeholder))
                throw new FormatException($"'{{{{{name}}}}}' is no placeholder; legal are {string.Join(", ", Placeholders.ByName.Keys)}");
            parts.Add(new Part([], placeholder, inString));
            from = close + 2;
        }
        return new Template(source, form, [.. parts]);
    }

    /// <summary>Writes the filled text as UTF-8.</summary>
    public void Write(IBufferWriter<byte> output, TemplateValues values)
    {
        foreach (var part in _parts)
        {
            if (part.Placeholder is not { } placeholder)
                output.Write(part.Literal);
            else if (_form != TemplateForm.Json || Placeholders.IsJson(placeholder))
                WriteText(output, _form == TemplateForm.Path ? Uri.EscapeDataString(values[placeholder]) : values[placeholder]);
            else if (part.InString)
                WriteEscaped(output, values[placeholder]);
            else
            {
                output.Write("\""u8);
                WriteEscaped(output, values[placeholder]);
                output.Write("\""u8);
            }
        }
    }

    /// <summary>The filled text.</summary>
    public string Fill(TemplateValues values)
    {
        if (_constant is not null)
            return _constant;
        var buffer = new ArrayBufferWriter<byte>(256);
        Write(buffer, values);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static bool EndsInString(string literal, bool inString)
    {
        for (var i = 0; i < literal.Length; i++)
        {
            if (inString && literal[i] == '\\')
                i++;
            else if (literal[i] == '"')
                inString = !inString;
        }
        return inString;
    }

    private static void WriteText(IBufferWriter<byte> output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    // Relaxed is right here: the text goes into a request body, never into a page.
    private static void WriteEscaped(IBufferWriter<byte> output, string text)
    {
        var encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        var length = Encoding.UTF8.GetBytes(text, span);
        if (encoder.FindFirstCharacterToEncodeUtf8(span[..length]) < 0)
        {
            output.Advance(length);
            return;
        }
        var plain = ArrayPool<byte>.Shared.Rent(length);
        span[..length].CopyTo(plain);
        var rest = plain.AsSpan(0, length);
        while (rest.Length > 0)
        {
            encoder.EncodeUtf8(rest, output.GetSpan(Math.Max(64, rest.Length)), out var consumed, out var written);
            output.Advance(written);
            rest = rest[consumed..];
        }
        ArrayPool<byte>.Shared.Return(plain);
    }

    private readonly record struct Part(byte[] Literal, Placeholder? Placeholder, bool InString);
}

/// <summary>Where a template's text goes, which decides how values are escaped.</summary>
public enum TemplateForm
{
    /// <summary>A JSON body.</summary>
    Json,

    /// <summary>A request path and query.</summary>
    Path,

    /// <summary>A header's value, or a body that is not JSON: values stand as they are.</summary>
    Text,
}
