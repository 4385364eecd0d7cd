using System.Diagnostics.CodeAnalysis;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Distributions;

/// <summary>The kinds of distribution, once.</summary>
internal static class DistributionForms
{
    /// <summary>In the order in which a text is offered to them: the constant takes what no other claims.</summary>
    public static IReadOnlyList<DistributionForm> All { get; } =
        [UniformDistribution.Form, NormalDistribution.Form, LogNormalDistribution.Form, ExponentialDistribution.Form, ConstantDistribution.Form];

    /// <summary>Reads a distribution of times (in seconds) or counts; on failure <paramref name="why"/> continues the sentence "the value …".</summary>
    public static bool TryRead(string text, Quantity quantity, [NotNullWhen(true)] out Distribution? distribution, [NotNullWhen(false)] out string? why)
    {
        text = text.Trim();
        return All.First(form => form.Claims(text)).TryRead(text, quantity, out distribution, out why);
    }

    /// <summary>The table of docs/plans.md.</summary>
    public static string Markdown() => string.Concat(All.Reverse().Select(form => $"| `{form.Syntax}` | `{form.DurationExample}` | `{form.CountExample}` | {form.Meaning} |\n"));
}
