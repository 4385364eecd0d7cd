using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Rag.Engines.Redis;

/// <summary>
/// Names of any length and script as short ones: SHA-256 over the code units, so that not even broken pairs of surrogates meet. Names also hide what users asked.
/// </summary>
internal static class RedisNames
{
    /// <summary>The short name of some texts; their borders count.</summary>
    public static string Of(params ReadOnlySpan<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var text in texts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            hash.AppendData(length);
            hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return Convert.ToHexStringLower(digest[..20]);
    }
}
