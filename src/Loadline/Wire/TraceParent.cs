using System.Buffers.Binary;
using System.Globalization;

namespace Loadline.Wire;

/// <summary>
/// The trace that an exchange belongs to, as the header <c>traceparent</c> says it: version, trace id, the id of the span that the client is, flags.
/// https://www.w3.org/TR/trace-context/#traceparent-header
/// </summary>
/// <param name="High">The first half of the trace's id.</param>
/// <param name="Low">The second half; not zero together with <paramref name="High"/>.</param>
/// <param name="Span">The client's span; not zero.</param>
/// <param name="Sampled">Whether the target is asked to keep the trace.</param>
public readonly record struct TraceParent(ulong High, ulong Low, ulong Span, bool Sampled)
{
    /// <summary>The header's name.</summary>
    public const string Header = "traceparent";

    /// <summary>How long its value is.</summary>
    public const int Length = 55;

    /// <summary>The trace's id: 32 hexadecimal digits.</summary>
    public string TraceId => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");

    /// <summary>Makes one from three random numbers.</summary>
    public static TraceParent Of(ulong high, ulong low, ulong span, bool sampled) => new(high, low | 1, span | 1, sampled); // ids of zeros are none

    /// <summary>Writes the header's value: <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> to)
    {
        "00-"u8.CopyTo(to);
        Hex(High, to[3..]);
        Hex(Low, to[19..]);
        to[35] = (byte)'-';
        Hex(Span, to[36..]);
        to[52] = (byte)'-';
        to[53] = (byte)'0';
        to[54] = Sampled ? (byte)'1' : (byte)'0';
    }

    /// <summary>The header's value.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"00-{TraceId}-{Span:x16}-0{(Sampled ? 1 : 0)}");

    private static void Hex(ulong number, Span<byte> to)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        Convert.TryToHexStringLower(bytes, to, out _);
    }
}
