namespace Loadline.Plans.Distributions;

/// <summary>Most values near the median and a long tail, as service times, document lengths and model latencies have it.</summary>
/// <param name="Median">Half of the values are below.</param>
/// <param name="P99">One value in a hundred is above.</param>
internal sealed record LogNormalDistribution(double Median, double P99) : Distribution
{
    private readonly double _sigma = Math.Log(P99 / Median) / StandardNormal.P99;

    /// <summary>Written <c>lognormal(median X, p99 Y)</c>: two figures that a dashboard shows.</summary>
    public static DistributionForm Form { get; } = new LogNormalForm();

    /// <inheritdoc/>
    public override double Mean => Median * Math.Exp(_sigma * _sigma / 2);

    /// <inheritdoc/>
    public override double Sample(Random random) => Median * Math.Exp(_sigma * StandardNormal.Sample(random));

    private sealed record LogNormalForm() : FunctionForm(
        "lognormal", ["median", "p99"], "near X, with a long tail: one in a hundred is above Y", "lognormal(median 250ms, p99 900ms)", "lognormal(median 120, p99 400)")
    {
        protected override string? Create(double[] values, out Distribution? distribution)
        {
            distribution = null;
            if (values[0] <= 0)
                return "must have a median above 0";
            if (values[1] < values[0])
                return "must have a p99 that is not below its median";
            distribution = new LogNormalDistribution(values[0], values[1]);
            return null;
        }
    }
}
