namespace Loadline.Users;

/// <summary>
/// A small fast generator that starts anywhere at no cost: SplitMix64 (Steele, Lea, Flood 2014). The same seed gives the same numbers on every machine and
/// .NET version, which <see cref="Random"/> doesn't promise.
/// </summary>
internal sealed class SeededRandom : Random
{
    private ulong _state;

    internal SeededRandom(ulong seed)
        : base(0) => _state = seed;

    /// <summary>Starts again from a seed.</summary>
    internal void Reset(ulong seed) => _state = seed;

    /// <summary>A seed for one of many streams: mixed so that neighbours share nothing.</summary>
    internal static ulong Mix(ulong seed, ulong stream, ulong index = 0) =>
        Finish(Finish(seed + (0x9E3779B97F4A7C15 * (stream + 1))) + (0xD1B54A32D192ED03 * (index + 1)));

    internal ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        return Finish(_state);
    }

    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public override float NextSingle() => (NextBits() >> 40) * (1.0f / (1 << 24));

    public override int Next() => (int)(NextBits() >> 33) is var value && value == int.MaxValue ? 0 : value;

    public override int Next(int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        return (int)Math.BigMul(NextBits(), (ulong)maxValue, out _);
    }

    public override int Next(int minValue, int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        return minValue + (int)(long)Math.BigMul(NextBits(), (ulong)((long)maxValue - minValue), out _);
    }

    public override long NextInt64() => (long)(NextBits() >> 1) is var value && value == long.MaxValue ? 0 : value;

    public override long NextInt64(long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        return (long)Math.BigMul(NextBits(), (ulong)maxValue, out _);
    }

    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        return (long)((ulong)minValue + Math.BigMul(NextBits(), (ulong)maxValue - (ulong)minValue, out _));
    }

    public override void NextBytes(Span<byte> buffer)
    {
        foreach (ref var value in buffer)
            value = (byte)(NextBits() >> 56);
    }

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    protected override double Sample() => NextDouble();

    private static ulong Finish(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
