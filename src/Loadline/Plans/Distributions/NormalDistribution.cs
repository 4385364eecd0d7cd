namespace Loadline.Plans.Distributions;

/// <summary>The bell curve; what would be negative is 0, and the mean accounts for it.</summary>
/// <param name="Centre">The mean before the cut at 0.</param>
/// <param name="Deviation">The standard deviation before the cut.</param>
internal sealed record NormalDistribution(double Centre, double Deviation) : Distribution
{
    /// <summary>Written <c>normal(mean X, sd Y)</c>.</summary>
    public static DistributionForm Form { get; } = new NormalForm();

    /// <summary>E[max(0, X)] = μΦ(μ/σ) + σφ(μ/σ).</summary>
    public override double Mean
    {
        get
        {
            if (Deviation == 0)
                return Centre;
            var z = Centre / Deviation;
            return Centre * StandardNormal.Cumulative(z) + Deviation * StandardNormal.Density(z);
        }
    }

    /// <inheritdoc/>
    public override double Sample(Random random) => Math.Max(0, Centre + Deviation * StandardNormal.Sample(random));

    private sealed record NormalForm() : FunctionForm("normal", ["mean", "sd"], "the bell curve, cut at 0", "normal(mean 2s, sd 500ms)", "normal(mean 200, sd 40)")
    {
        protected override string? Create(double[] values, out Distribution? distribution)
        {
            distribution = new NormalDistribution(values[0], values[1]);
            return null;
        }
    }
}
