using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Rag.Vectors.Graphs;

/// <summary>
/// Vectors in 8 bits per dimension, for walking the graph: a quarter of the memory traffic, which is what a walk costs; what it returns is
/// compared again with the full vectors. A row is <c>code+128 as bytes | scale:f32 | sum of codes:i32</c>; the cosine is about <c>scale·scale'·Σ code·code'</c>.
/// </summary>
internal static unsafe class Codes
{
    /// <summary>Dimensions a row is padded to: one AVX-512 register, two of AVX2.</summary>
    public const int Lane = 64;

    public static int PaddedLength(int dimensions) => (dimensions + Lane - 1) / Lane * Lane;

    public static int RowBytes(int dimensions) => PaddedLength(dimensions) + Lane;

    /// <summary>Writes the row of a vector.</summary>
    public static void Encode(ReadOnlySpan<float> vector, byte* row)
    {
        var padded = PaddedLength(vector.Length);
        var largest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        var inverse = largest > 0 ? 127f / largest : 0f;
        var sum = 0;
        for (var i = 0; i < vector.Length; i++)
        {
            var code = (int)MathF.Round(vector[i] * inverse);
            sum += code;
            row[i] = (byte)(code + 128);
        }

        new Span<byte>(row + vector.Length, padded - vector.Length).Fill(128);
        *(float*)(row + padded) = largest / 127f;
        *(int*)(row + padded + sizeof(float)) = sum;
    }

    /// <summary>Writes a row's codes as signed bytes: the form of the side that stays while many rows are compared to it.</summary>
    public static void ToSigned(byte* row, sbyte* signed, int padded)
    {
        for (var i = 0; i < padded; i++)
            signed[i] = (sbyte)(row[i] - 128);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* row, int padded) => *(float*)(row + padded);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Sum(byte* row, int padded) => *(int*)(row + padded + sizeof(float));

    /// <summary>Σ code·code' of a row and a signed side with the sum <paramref name="signedSum"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(byte* row, sbyte* signed, int signedSum, int padded)
    {
        if (AvxVnni.IsSupported)
            return DotVnni(row, signed, padded) - 128 * signedSum;
        return DotPortable(row, signed, padded);
    }

    /// <summary>Σ code·code' of two rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(byte* a, byte* b, int padded)
    {
        if (AvxVnni.IsSupported)
            return DotVnni(a, b, padded) - 128 * Sum(b, padded);
        return DotPortable(a, b, padded);
    }

    // Two accumulators hide the instruction's latency; four gained nothing at 384 dimensions.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int DotVnni(byte* row, sbyte* signed, int padded)
    {
        var x = Vector256<int>.Zero;
        var y = Vector256<int>.Zero;
        for (var i = 0; i < padded; i += 64)
        {
            x = AvxVnni.MultiplyWideningAndAdd(x, Vector256.Load(row + i), Vector256.Load(signed + i));
            y = AvxVnni.MultiplyWideningAndAdd(y, Vector256.Load(row + i + 32), Vector256.Load(signed + i + 32));
        }

        return Vector256.Sum(x + y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int DotVnni(byte* a, byte* b, int padded)
    {
        var x = Vector256<int>.Zero;
        var y = Vector256<int>.Zero;
        var flip = Vector256.Create((byte)0x80);
        for (var i = 0; i < padded; i += 64)
        {
            x = AvxVnni.MultiplyWideningAndAdd(x, Vector256.Load(a + i), (Vector256.Load(b + i) ^ flip).AsSByte());
            y = AvxVnni.MultiplyWideningAndAdd(y, Vector256.Load(a + i + 32), (Vector256.Load(b + i + 32) ^ flip).AsSByte());
        }

        return Vector256.Sum(x + y);
    }

    /// <summary>The same on any processor: widened to 16 bits, multiplied in pairs where AVX2 has it.</summary>
    internal static int DotPortable(byte* row, sbyte* signed, int padded)
    {
        var sum = Vector256<int>.Zero;
        for (var i = 0; i < padded; i += Vector128<byte>.Count)
            sum += MultiplyPairs(Widen(Vector128.Load(row + i) ^ Vector128.Create((byte)0x80)), Widen(Vector128.Load(signed + i).AsByte()));
        return Vector256.Sum(sum);
    }

    internal static int DotPortable(byte* a, byte* b, int padded)
    {
        var sum = Vector256<int>.Zero;
        var flip = Vector128.Create((byte)0x80);
        for (var i = 0; i < padded; i += Vector128<byte>.Count)
            sum += MultiplyPairs(Widen(Vector128.Load(a + i) ^ flip), Widen(Vector128.Load(b + i) ^ flip));
        return Vector256.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Widen(Vector128<byte> codes)
    {
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int16(codes.AsSByte());
        var (lower, upper) = Vector128.Widen(codes.AsSByte());
        return Vector256.Create(lower, upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MultiplyPairs(Vector256<short> a, Vector256<short> b)
    {
        if (Avx2.IsSupported)
            return Avx2.MultiplyAddAdjacent(a, b);
        var (aLower, aUpper) = Vector256.Widen(a);
        var (bLower, bUpper) = Vector256.Widen(b);
        return aLower * bLower + aUpper * bUpper;
    }

    /// <summary>Asks for the first lines of a row, up to 512 bytes, ahead of its use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* row, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        for (var i = 0; i < bytes; i += 64)
            Sse.Prefetch0(row + i);
    }

    /// <summary>An aligned native buffer of zeros.</summary>
    public static void* Allocate(int bytes)
    {
        var buffer = NativeMemory.AlignedAlloc((nuint)bytes, 64);
        NativeMemory.Clear(buffer, (nuint)bytes);
        return buffer;
    }
}
