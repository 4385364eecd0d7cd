namespace Loadline.Plans.Distributions;

/// <summary>The standard normal distribution's functions.</summary>
internal static class StandardNormal
{
    /// <summary>The z-score of the 99th percentile.</summary>
    public const double P99 = 2.3263478740408408;

    /// <summary>Draws one value (Box and Muller 1958).</summary>
    public static double Sample(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>φ(z).</summary>
    public static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>Φ(z), to 7.5·10⁻⁸ (Abramowitz and Stegun 26.2.17).</summary>
    public static double Cumulative(double z)
    {
        if (z < 0)
            return 1 - Cumulative(-z);
        var t = 1 / (1 + 0.2316419 * z);
        var series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        return 1 - Density(z) * series;
    }
}
