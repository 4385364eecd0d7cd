using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Keys;

/// <summary>A time with its unit in a range, both ends included; read as a <see cref="TimeSpan"/>.</summary>
internal sealed record DurationKind(double LeastSeconds, double MostSeconds, string Example)
    : ValueKind($"{Quantity.Time.Rule}; from {DurationQuantity.Text(LeastSeconds)} to {DurationQuantity.Text(MostSeconds)}", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        value = null;
        if (!Quantity.Time.TryParse(text, out var seconds, out why))
            return false;
        if (seconds < LeastSeconds || seconds > MostSeconds)
        {
            why = $"must be from {DurationQuantity.Text(LeastSeconds)} to {DurationQuantity.Text(MostSeconds)}";
            return false;
        }
        value = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = $"^{Quantity.Time.Pattern}$" };
}
