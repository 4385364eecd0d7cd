using System.Diagnostics.CodeAnalysis;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Distributions;

/// <summary>Always the same value.</summary>
internal sealed record ConstantDistribution(double Value) : Distribution
{
    /// <summary>Written as the bare value.</summary>
    public static DistributionForm Form { get; } = new ConstantForm();

    /// <inheritdoc/>
    public override double Mean => Value;

    /// <inheritdoc/>
    public override double Sample(Random random) => Value;

    private sealed record ConstantForm() : DistributionForm("X", "always X", "2s", "200")
    {
        public override bool Claims(string text) => true;

        public override string Pattern(Quantity quantity) => quantity.Pattern;

        public override bool TryRead(string text, Quantity quantity, [NotNullWhen(true)] out Distribution? distribution, [NotNullWhen(false)] out string? why)
        {
            distribution = quantity.TryParse(text, out var value, out why) ? new ConstantDistribution(value) : null;
            return distribution is not null;
        }
    }
}
