using System.Diagnostics.CodeAnalysis;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Distributions;

/// <summary>
/// How one kind of distribution is written in a plan. A kind is one file that holds the distribution and its form, and one line in
/// <see cref="DistributionForms"/>: reader, schema, documentation and errors know no other list.
/// </summary>
/// <param name="Syntax">How it is written, with placeholders.</param>
/// <param name="Meaning">What it means, in a few words.</param>
/// <param name="DurationExample">An example of a time.</param>
/// <param name="CountExample">An example of a count.</param>
internal abstract record DistributionForm(string Syntax, string Meaning, string DurationExample, string CountExample)
{
    /// <summary>Whether the text is written in this form, be its values right or wrong.</summary>
    public abstract bool Claims(string text);

    /// <summary>Reads a text that this form claims; on failure <paramref name="why"/> says which rule is broken.</summary>
    public abstract bool TryRead(string text, Quantity quantity, [NotNullWhen(true)] out Distribution? distribution, [NotNullWhen(false)] out string? why);

    /// <summary>The form as a regular expression without anchors, for the JSON schema.</summary>
    public abstract string Pattern(Quantity quantity);
}
