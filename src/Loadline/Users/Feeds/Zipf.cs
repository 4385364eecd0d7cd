namespace Loadline.Users.Feeds;

/// <summary>
/// Draws ranks 0…n−1 with probability ∝ 1/(rank+1)^exponent, in constant time and memory for any n: rejection-inversion
/// (W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", 1996). Exponent 0 is uniform.
/// </summary>
internal sealed class Zipf
{
    private readonly int _count;
    private readonly double _exponent;
    private readonly double _hFirst;
    private readonly double _hLast;
    private readonly double _accept;

    internal Zipf(int count, double exponent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(exponent);
        (_count, _exponent) = (count, exponent);
        _hFirst = Integral(1.5) - 1;
        _hLast = Integral(count + 0.5);
        _accept = 2 - Inverse(Integral(2.5) - Density(2));
    }

    internal int Next(Random random)
    {
        if (_exponent == 0)
            return random.Next(_count);
        while (true)
        {
            var u = _hLast + (random.NextDouble() * (_hFirst - _hLast));
            var x = Inverse(u);
            var rank = Math.Clamp((int)(x + 0.5), 1, _count);
            if (rank - x <= _accept || u >= Integral(rank + 0.5) - Density(rank))
                return rank - 1;
        }
    }

    private double Density(double x) => Math.Exp(-_exponent * Math.Log(x));

    // ∫ x^-s: (x^(1-s) − 1)/(1−s), which is ln x where s is 1.
    private double Integral(double x)
    {
        var log = Math.Log(x);
        return ExpRatio((1 - _exponent) * log) * log;
    }

    private double Inverse(double y)
    {
        var t = Math.Max(-1, y * (1 - _exponent));
        return Math.Exp(LogRatio(t) * y);
    }

    private static double LogRatio(double x) => Math.Abs(x) > 1e-8 ? double.LogP1(x) / x : 1 - (x * (0.5 - (x * ((1.0 / 3) - (0.25 * x)))));

    private static double ExpRatio(double x) => Math.Abs(x) > 1e-8 ? double.ExpM1(x) / x : 1 + (x * 0.5 * (1 + (x * (1.0 / 3) * (1 + (0.25 * x)))));
}
