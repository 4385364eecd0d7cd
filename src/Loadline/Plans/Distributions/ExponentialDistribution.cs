namespace Loadline.Plans.Distributions;

/// <summary>Times between independent events.</summary>
internal sealed record ExponentialDistribution(double Average) : Distribution
{
    /// <summary>Written <c>exponential(mean X)</c>.</summary>
    public static DistributionForm Form { get; } = new ExponentialForm();

    /// <inheritdoc/>
    public override double Mean => Average;

    /// <inheritdoc/>
    public override double Sample(Random random) => -Average * Math.Log(1 - random.NextDouble());

    private sealed record ExponentialForm() : FunctionForm("exponential", ["mean"], "as between independent events, X on average", "exponential(mean 2s)", "exponential(mean 200)")
    {
        protected override string? Create(double[] values, out Distribution? distribution)
        {
            distribution = new ExponentialDistribution(values[0]);
            return null;
        }
    }
}
