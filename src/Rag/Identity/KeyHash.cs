using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Identity;

/// <summary>
/// The SHA-256 hash of an API key. Keys that this system makes are 256 random bits, which nobody can try out, so a plain fast hash is right:
/// slow password hashes protect what people choose.
/// </summary>
public readonly record struct KeyHash
{
    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private KeyHash(ReadOnlySpan<byte> bytes)
    {
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    /// <summary>Hashes a clear-text key.</summary>
    public static KeyHash Of(string apiKey)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> text = apiKey.Length <= 512 ? stackalloc byte[Encoding.UTF8.GetMaxByteCount(apiKey.Length)] : new byte[Encoding.UTF8.GetMaxByteCount(apiKey.Length)];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(apiKey, text)], hash);
        return new KeyHash(hash);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is not 64 hexadecimal digits.</exception>
    public static KeyHash Parse(string text)
    {
        var bytes = Convert.FromHexString(text);
        return bytes.Length == SHA256.HashSizeInBytes ? new KeyHash(bytes) : throw new FormatException($"{text.Length} characters are no hash of a key; expected 64 hexadecimal digits");
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => string.Create(64, this, static (chars, hash) =>
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, hash._high);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[16..], hash._low);
        Convert.TryToHexStringLower(bytes, chars, out _);
    });
}
