using System.Diagnostics.CodeAnalysis;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Distributions;

/// <summary>Any value between two, each as likely as another.</summary>
internal sealed record UniformDistribution(double Low, double High) : Distribution
{
    /// <summary>Written <c>low..high</c>.</summary>
    public static DistributionForm Form { get; } = new UniformForm();

    /// <inheritdoc/>
    public override double Mean => (Low + High) / 2;

    /// <inheritdoc/>
    public override double Sample(Random random) => Low + (High - Low) * random.NextDouble();

    private sealed record UniformForm() : DistributionForm("X..Y", "anything from X to Y, evenly", "0.5s..1.5s", "180..260")
    {
        public override bool Claims(string text) => text.Contains("..", StringComparison.Ordinal);

        public override string Pattern(Quantity quantity) => $@"{quantity.Pattern}\s*\.\.\s*{quantity.Pattern}";

        public override bool TryRead(string text, Quantity quantity, [NotNullWhen(true)] out Distribution? distribution, [NotNullWhen(false)] out string? why)
        {
            distribution = null;
            var at = text.IndexOf("..", StringComparison.Ordinal);
            var (left, right) = (text[..at].Trim(), text[(at + 2)..].Trim());
            if (!quantity.TryParse(left, out var low, out why))
            {
                why = $"has a lower end of '{left}', which {why}";
                return false;
            }
            if (!quantity.TryParse(right, out var high, out why))
            {
                why = $"has an upper end of '{right}', which {why}";
                return false;
            }
            if (high < low)
            {
                why = $"must have its lower end first: {right}..{left}";
                return false;
            }
            distribution = new UniformDistribution(low, high);
            return true;
        }
    }
}
