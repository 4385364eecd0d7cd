using System.Diagnostics.CodeAnalysis;

namespace Loadline.Plans.Quantities;

/// <summary>A count without a unit.</summary>
internal sealed class CountQuantity : Quantity
{
    /// <inheritdoc/>
    public override string Rule => "a number without a unit";

    /// <inheritdoc/>
    public override string Pattern => @"\d+(\.\d+)?";

    /// <inheritdoc/>
    public override bool TryParse(string text, out double value, [NotNullWhen(false)] out string? why)
    {
        why = !Numbers.TryParse(text, out value) ? "must be " + Rule : value < 0 ? "must not be negative" : null;
        return why is null;
    }
}
