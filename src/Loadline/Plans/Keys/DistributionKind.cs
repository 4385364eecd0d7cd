using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Loadline.Plans.Distributions;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Keys;

/// <summary>A distribution of times or counts whose mean lies in a range, both ends included.</summary>
internal sealed record DistributionKind(Quantity Of, double LeastMean, double MostMean, string Example)
    : ValueKind($"{(Of == Quantity.Time ? "times with units" : "counts without a unit")}, written as one of {Forms(Of)}; its mean from {Text(Of, LeastMean)} to {Text(Of, MostMean)}", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        value = null;
        if (!DistributionForms.TryRead(text, Of, out var distribution, out why))
            return false;
        if (!(distribution.Mean >= LeastMean && distribution.Mean <= MostMean))
        {
            why = $"has a mean of {Text(Of, distribution.Mean)}, which must be from {Text(Of, LeastMean)} to {Text(Of, MostMean)}";
            return false;
        }
        value = distribution;
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject Schema()
    {
        var pattern = $"^({string.Join('|', DistributionForms.All.Select(form => form.Pattern(Of)))})$";
        return new()
        {
            // A bare count is a number to YAML.
            ["type"] = Of == Quantity.Count ? new JsonArray("string", "number") : "string",
            ["pattern"] = pattern,
            ["examples"] = new JsonArray([.. DistributionForms.All.Select(form => (JsonNode)(Of == Quantity.Time ? form.DurationExample : form.CountExample))]),
        };
    }

    private static string Forms(Quantity of) =>
        string.Join(", ", DistributionForms.All.Select(form => of == Quantity.Time ? form.DurationExample : form.CountExample));

    private static string Text(Quantity of, double value) => of == Quantity.Time ? DurationQuantity.Text(value) : Numbers.Text(value);
}
