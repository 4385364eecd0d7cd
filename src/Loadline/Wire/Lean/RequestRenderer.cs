using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Loadline.Targets;

namespace Loadline.Wire.Lean;

/// <summary>
/// Writes one kind of request as bytes. What is the same each time (method, path, host, constant headers) was rendered once; a request copies it and writes only what varies.
/// <code>
/// POST /query HTTP/1.1 ⏎ Host: … ⏎ Content-Type: … ⏎ constant headers ⏎ │ auth ⏎ varying headers ⏎ │ Content-Length: 123 ⏎ ⏎ │ body
/// └──────────────────────── rendered once ─────────────────────────────┘                            └─ moved up to its digits ─┘
/// </code>
/// </summary>
internal sealed class RequestRenderer
{
    private const int MostLengthDigits = 10;

    // Set by us, because the body decides them.
    private static readonly string[] Ours = ["Content-Length", "Transfer-Encoding", "Content-Type"];

    private static readonly SearchValues<byte> InTarget = SearchValues.Create(
        "!$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~"u8);

    private readonly IntakeShared _shared;
    private readonly RequestProfile _template;
    private readonly byte[]? _line;
    private readonly byte[] _constant;
    private readonly byte[]? _authName;
    private readonly (byte[] Name, Template Value)[] _varying;
    private readonly bool _saysLength;
    private readonly bool _traces;

    internal RequestRenderer(IntakeShared shared, RequestProfile template)
    {
        _shared = shared;
        _template = template;
        if (template.Path.IsConstant)
            _line = Encoding.ASCII.GetBytes($"{template.Method} {shared.PathOf(template, new TemplateValues())} HTTP/1.1\r\n");
        var headers = template.Headers.Where(header => !Ours.Contains(header.Name, StringComparer.OrdinalIgnoreCase)).ToList();
        var none = new TemplateValues();
        var constant = headers.Where(header => header.Value.IsConstant).Select(header => (header.Name, Value: header.Value.Fill(none))).ToList();
        var text = new StringBuilder();
        if (!constant.Any(header => header.Name.Equals("Host", StringComparison.OrdinalIgnoreCase)))
            text.Append("Host: ").Append(HostOf(shared.Options.BaseAddress)).Append("\r\n");
        foreach (var (name, value) in constant)
            text.Append(name).Append(": ").Append(value.ReplaceLineEndings(" ")).Append("\r\n");
        if (template.Body is not null)
            text.Append("Content-Type: ").Append(template.ContentType.Length == 0 ? "application/json" : template.ContentType).Append("\r\n");
        _constant = Encoding.UTF8.GetBytes(text.ToString());
        _varying = [.. headers.Where(header => !header.Value.IsConstant).Select(header => (Encoding.UTF8.GetBytes(header.Name + ": "), header.Value))];
        _authName = shared.Profile.Auth is { } auth && !template.Has(auth.Header) ? Encoding.UTF8.GetBytes(auth.Header + ": ") : null;
        _traces = !template.Has(TraceParent.Header);
        // Of these methods a server may wait for a body unless it is told that there is none (RFC 9110, section 8.6).
        _saysLength = template.Body is not null || template.Method == HttpMethod.Post || template.Method == HttpMethod.Put || template.Method == HttpMethod.Patch;
    }

    /// <summary>Writes a request.</summary>
    /// <param name="output">An empty buffer.</param>
    /// <param name="request">What to fill it with.</param>
    /// <param name="start">Where in the buffer the request begins.</param>
    /// <returns>Where in the buffer its body begins.</returns>
    internal int Write(PooledBuffer output, WireRequest request, out int start)
    {
        WriteLine(output, request.Values);
        output.Append(_constant);
        if (_authName is not null && request.Authorization is { } authorization)
        {
            output.Append(_authName);
            var from = output.Length;
            Encoding.UTF8.GetBytes(authorization, output);
            EndField(output, from);
        }
        foreach (var (name, value) in _varying)
        {
            output.Append(name);
            var from = output.Length;
            value.Write(output, request.Values);
            EndField(output, from);
        }
        if (_traces && request.Trace is { } trace)
        {
            output.Append("traceparent: "u8);
            trace.Write(output.GetSpan(TraceParent.Length));
            output.Advance(TraceParent.Length);
            output.Append("\r\n"u8);
        }
        start = 0;
        if (!_saysLength)
        {
            output.Append("\r\n"u8);
            return output.Length;
        }
        output.Append("Content-Length: "u8);
        var head = output.Length;
        output.Append("0000000000\r\n\r\n"u8);
        var body = output.Length;
        _template.Body?.Write(output, request.Values);
        Span<byte> digits = stackalloc byte[MostLengthDigits];
        Utf8Formatter.TryFormat(output.Length - body, digits, out var count);
        var unused = MostLengthDigits - count;
        var written = output.Mutable;
        written[start..head].CopyTo(written[(start + unused)..]);
        digits[..count].CopyTo(written[(head + unused)..]);
        start += unused;
        return body;
    }

    private void WriteLine(PooledBuffer output, TemplateValues values)
    {
        if (_line is not null)
        {
            output.Append(_line);
            return;
        }
        Encoding.ASCII.GetBytes(_template.Method.Method, output);
        output.Append(" "u8);
        var path = output.Length;
        Encoding.UTF8.GetBytes(_shared.Options.BaseAddress.AbsolutePath.AsSpan().TrimEnd('/'), output);
        _template.Path.Write(output, values);
        // What stands in the profile may need escaping, and dots resolving; values were escaped.
        if (output.Written[path..].ContainsAnyExcept(InTarget) || output.Written[path..].IndexOf("/."u8) >= 0)
        {
            output.Truncate(path);
            Encoding.ASCII.GetBytes(_shared.PathOf(_template, values), output);
        }
        output.Append(" HTTP/1.1\r\n"u8);
    }

    // A value must not end its line: what follows would be a header, or a request, that nobody asked for.
    private static void EndField(PooledBuffer output, int from)
    {
        var value = output.Mutable[from..output.Length];
        if (value.ContainsAny((byte)'\r', (byte)'\n', (byte)0))
        {
            foreach (ref var b in value)
                b = b is (byte)'\r' or (byte)'\n' or 0 ? (byte)' ' : b;
        }
        output.Append("\r\n"u8);
    }

    private static string HostOf(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.DnsSafeHost.Split('%')[0]}]" : address.IdnHost;
        return address.IsDefaultPort ? host : $"{host}:{address.Port}";
    }
}
