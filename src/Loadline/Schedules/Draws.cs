namespace Loadline.Schedules;

/// <summary>Random numbers of one place in a construction: SplitMix64 (Steele, Lea, Flood 2014), begun at a mixture of the seed and the place. No allocation.</summary>
internal struct Draws(ulong seed, ulong place)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = Finish(Finish(seed + Golden) + (0xD1B54A32D192ED03 * (place + 1)));

    /// <summary>A number from 0 (excluded) to 1 (included).</summary>
    public double Uniform()
    {
        _state += Golden;
        return ((Finish(_state) >> 11) + 1) * (1.0 / (1UL << 53));
    }

    /// <summary>An exponential number with mean 1.</summary>
    public double Exponential() => -Math.Log(Uniform());

    /// <summary>A gamma number of a whole shape, at least 1: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", 2000.</summary>
    public double Gamma(long shape)
    {
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Math.Sqrt(-2 * Math.Log(Uniform())) * Math.Cos(2 * Math.PI * Uniform());
            var v = 1 + (c * x);
            if (v <= 0)
                continue;
            v = v * v * v;
            var u = Uniform();
            if (u < 1 - (0.0331 * x * x * x * x) || Math.Log(u) < (0.5 * x * x) + (d * (1 - v + Math.Log(v))))
                return d * v;
        }
    }

    private static ulong Finish(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
