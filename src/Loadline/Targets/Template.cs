using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Loadline.Targets;

/// <summary>
/// A text with placeholders and variables, compiled once. In a JSON body a placeholder inside quotes is filled with the escaped text alone, one outside with a
/// whole JSON value, so both <c>"Q: {{question}}"</c> and <c>{{question}}</c> are right. In a path a value is percent-encoded; in a header it stands as it is.
/// Placeholders are filled for each request, variables once (<see cref="Bind"/>).
/// </summary>
public sealed class Template
{
    private readonly Part[] _parts;
    private readonly string? _constant;
    private readonly ulong _used;

    private Template(string source, Part[] parts)
    {
        Source = source;
        _parts = parts;
        foreach (var part in parts)
            _used |= part.Placeholder is { } placeholder ? 1UL << (int)placeholder : 0;
        if (parts.All(part => part.IsLiteral))
            _constant = Encoding.UTF8.GetString([.. parts.SelectMany(part => part.Literal)]);
    }

    /// <summary>The text as written.</summary>
    public string Source { get; }

    /// <summary>Whether there is nothing to fill.</summary>
    public bool IsConstant => _constant is not null;

    /// <summary>The variables that are not bound, each once.</summary>
    public IEnumerable<string> Variables => _parts.Select(part => part.Variable).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>Whether the template asks for a value.</summary>
    public bool Uses(Placeholder placeholder) => (_used & (1UL << (int)placeholder)) != 0;

    /// <summary>Compiles a template without variables.</summary>
    /// <exception cref="FormatException">An unknown placeholder or one that isn't closed; the message names the rule.</exception>
    public static Template Compile(string source, TemplateForm form) => Compile(source, form, new VariableNames());

    /// <summary>Compiles a template.</summary>
    /// <exception cref="FormatException">An unknown placeholder or variable, or one that isn't closed; the message names the rule.</exception>
    internal static Template Compile(string source, TemplateForm form, VariableNames names)
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
                parts.Add(Part.Of(literal));
            if (open < 0)
                break;
            // `{{{users}}}`: the innermost pair is the placeholder, the outer brace is the body's own.
            if (open + 2 < source.Length && source[open + 2] == '{')
            {
                parts.Add(Part.Of("{"));
                from = open + 1;
                continue;
            }
            var close = source.IndexOf("}}", open + 2, StringComparison.Ordinal);
            if (close < 0)
                throw new FormatException($"'{source[open..Math.Min(source.Length, open + 30)]}' is not closed by '}}}}'");
            var name = source[(open + 2)..close].Trim();
            if (Placeholders.ByName.TryGetValue(name, out var placeholder))
                parts.Add(new Part([], placeholder, null, inString, form));
            else if (names.Knows(name))
                parts.Add(new Part([], null, name, inString, form));
            else
                throw new FormatException($"'{{{{{name}}}}}' is no placeholder; legal are {string.Join(", ", Placeholders.ByName.Keys)}; variables here: {string.Join(", ", names.All)}, env.NAME");
            from = close + 2;
        }
        return new Template(source, [.. parts]);
    }

    /// <summary>A text in which braces mean nothing.</summary>
    internal static Template Literal(string text) => new(text, [Part.Of(text)]);

    /// <summary>Templates one after the other, each with its own way to escape.</summary>
    internal static Template Join(IEnumerable<Template> templates)
    {
        var all = templates.ToList();
        return new Template(string.Concat(all.Select(template => template.Source)), [.. all.SelectMany(template => template._parts)]);
    }

    /// <summary>The template with the variables filled that are known; itself when it has none of them.</summary>
    internal Template Bind(IReadOnlyDictionary<string, VariableValue> values)
    {
        if (!_parts.Any(part => part.Variable is { } name && values.ContainsKey(name)))
            return this;
        return new Template(Source, [.. _parts.Select(part => part.Variable is { } name && values.TryGetValue(name, out var value) ? part.Filled(value) : part)]);
    }

    /// <summary>Writes the filled text as UTF-8. A variable that is not bound stands as its own name.</summary>
    public void Write(IBufferWriter<byte> output, TemplateValues values)
    {
        foreach (var part in _parts)
        {
            if (part.IsLiteral)
                output.Write(part.Literal);
            else if (part.Placeholder is { } placeholder)
                part.Write(output, values[placeholder], Placeholders.IsJson(placeholder));
            else
                part.Write(output, part.Variable!, false);
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

    // WHATWG HTML, multipart/form-data encoding algorithm: these three are escaped in names, nothing else.
    private static string InQuotes(string text) =>
        text.Replace("\"", "%22", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private readonly record struct Part(byte[] Literal, Placeholder? Placeholder, string? Variable, bool InString, TemplateForm Form)
    {
        internal bool IsLiteral => Placeholder is null && Variable is null;

        internal static Part Of(string literal) => new(Encoding.UTF8.GetBytes(literal), null, null, false, TemplateForm.Text);

        internal Part Filled(VariableValue value)
        {
            var buffer = new ArrayBufferWriter<byte>(64);
            Write(buffer, value.Text, value.IsJson && !InString);
            return new Part(buffer.WrittenSpan.ToArray(), null, null, false, TemplateForm.Text);
        }

        internal void Write(IBufferWriter<byte> output, string value, bool isJson)
        {
            if (Form == TemplateForm.Path)
                WriteText(output, Uri.EscapeDataString(value));
            else if (Form == TemplateForm.Quoted)
                WriteText(output, InQuotes(value));
            else if (Form != TemplateForm.Json || isJson)
                WriteText(output, value);
            else if (InString)
                WriteEscaped(output, value);
            else
            {
                output.Write("\""u8);
                WriteEscaped(output, value);
                output.Write("\""u8);
            }
        }
    }
}

/// <summary>Where a template's text goes, which decides how values are escaped.</summary>
public enum TemplateForm
{
    /// <summary>A JSON body.</summary>
    Json,

    /// <summary>A request path and query, or a field of a URL-encoded form.</summary>
    Path,

    /// <summary>A header's value, or a body that is not JSON: values stand as they are.</summary>
    Text,

    /// <summary>A name in quotes in a multipart body.</summary>
    Quoted,
}
