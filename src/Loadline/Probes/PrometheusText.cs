using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Loadline.Probes;

/// <summary>
/// One line of Prometheus's text format or of OpenMetrics: <c>name{label="value",…} value [timestamp] [# exemplar]</c>, also with the name in quotes within the braces, as
/// newer servers write names that hold other characters. Timestamps and exemplars are passed over.
/// </summary>
internal readonly ref struct PrometheusLine
{
    private PrometheusLine(ReadOnlySpan<byte> name, ReadOnlySpan<byte> labels, double value)
    {
        Name = name;
        RawLabels = labels;
        Value = value;
    }

    /// <summary>The series' name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What stands in braces, as written: with the name it tells a series from all others of the endpoint.</summary>
    public ReadOnlySpan<byte> RawLabels { get; }

    /// <summary>The value; it may be infinite or no number.</summary>
    public double Value { get; }

    /// <summary>Reads a line; false for comments, empty lines and what is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out PrometheusLine read)
    {
        read = default;
        line = line.Trim(" \t\r"u8);
        if (line.IsEmpty || line[0] == '#')
            return false;
        var end = line.IndexOfAny("{ \t"u8);
        if (end < 0)
            return false;
        var name = line[..end];
        var rest = line[end..];
        ReadOnlySpan<byte> labels = default;
        if (rest[0] == '{')
        {
            if (Close(rest) is not (> 0 and var close))
                return false;
            labels = rest[1..close];
            rest = rest[(close + 1)..];
            if (name.IsEmpty && !QuotedName(ref name, ref labels))
                return false;
        }
        rest = rest.TrimStart(" \t"u8);
        var number = rest.IndexOfAny(" \t"u8) is >= 0 and var space ? rest[..space] : rest;
        if (!TryNumber(number, out var value))
            return false;
        read = new PrometheusLine(name, labels, value);
        return true;
    }

    /// <summary>The labels, escapes undone.</summary>
    /// <param name="into">Takes them.</param>
    /// <returns>False where they are damaged.</returns>
    public bool TryLabels(Dictionary<string, string> into)
    {
        var rest = RawLabels;
        while (true)
        {
            rest = rest.TrimStart(" ,\t"u8);
            if (rest.IsEmpty)
                return true;
            var equals = rest.IndexOf((byte)'=');
            if (equals <= 0)
                return false;
            var name = Encoding.UTF8.GetString(rest[..equals].Trim(" \t\""u8));
            rest = rest[(equals + 1)..].TrimStart(" \t"u8);
            if (rest.IsEmpty || rest[0] != '"' || EndOfText(rest) is not (> 0 and var end))
                return false;
            into[name] = Unescape(rest[1..end]);
            rest = rest[(end + 1)..];
        }
    }

    // The quoted name stands first: {"my.metric",label="value"}.
    private static bool QuotedName(ref ReadOnlySpan<byte> name, ref ReadOnlySpan<byte> labels)
    {
        labels = labels.TrimStart(" \t"u8);
        if (labels.IsEmpty || labels[0] != '"' || EndOfText(labels) is not (> 0 and var end))
            return false;
        name = labels[1..end];
        labels = labels[(end + 1)..];
        return true;
    }

    // Braces may stand in a label's value.
    private static int Close(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
            if (text[i] == '\\' && quoted)
                i++;
            else if (text[i] == '"')
                quoted = !quoted;
            else if (text[i] == '}' && !quoted)
                return i;
        return -1;
    }

    private static int EndOfText(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                return i;
        return -1;
    }

    private static string Unescape(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'\\'))
            return Encoding.UTF8.GetString(text);
        var clean = new ArrayBufferWriter<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var next = text[i] == '\\' && i + 1 < text.Length ? text[++i] is (byte)'n' ? (byte)'\n' : text[i] : text[i];
            clean.Write([next]);
        }
        return Encoding.UTF8.GetString(clean.WrittenSpan);
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out double value)
    {
        if (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length)
            return true;
        value = text switch
        {
            [(byte)'+', (byte)'I' or (byte)'i', ..] or [(byte)'I' or (byte)'i', (byte)'n', (byte)'f', ..] => double.PositiveInfinity,
            [(byte)'-', (byte)'I' or (byte)'i', ..] => double.NegativeInfinity,
            [(byte)'N' or (byte)'n', (byte)'a' or (byte)'A', (byte)'N' or (byte)'n'] => double.NaN,
            [(byte)'+', .. var rest] when Utf8Parser.TryParse(rest, out double positive, out var length) && length == rest.Length => positive,
            _ => double.MinValue,
        };
        return value != double.MinValue;
    }
}

/// <summary>Reads a stream of such lines in one rented buffer, however long it is.</summary>
internal static class PrometheusText
{
    /// <summary>The longest line.</summary>
    public const int LongestLine = 64 * 1024;

    /// <summary>The most that is read of one endpoint, 16 MiB: some 200,000 series.</summary>
    public const long MostBytes = 16 << 20;

    /// <summary>Takes in a line, without its end.</summary>
    public delegate void LineTaker(ReadOnlySpan<byte> line);

    /// <summary>Reads to the end.</summary>
    /// <exception cref="InvalidDataException">It is longer than <see cref="MostBytes"/>, or has a line that is longer than <see cref="LongestLine"/>.</exception>
    public static async Task ReadAsync(Stream stream, LineTaker take, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LongestLine);
        try
        {
            var (filled, all) = (0, 0L);
            while (await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                all += count;
                if (all > MostBytes)
                    throw new InvalidDataException($"more than {MostBytes >> 20} MiB");
                filled = Take(buffer, filled + count, take);
                if (filled == buffer.Length)
                    throw new InvalidDataException($"a line of more than {LongestLine >> 10} KiB");
            }
            if (filled > 0)
                take(buffer.AsSpan(0, filled));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Take(byte[] buffer, int filled, LineTaker take)
    {
        var rest = buffer.AsSpan(0, filled);
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            take(rest[..end]);
            rest = rest[(end + 1)..];
        }
        rest.CopyTo(buffer);
        return rest.Length;
    }
}
