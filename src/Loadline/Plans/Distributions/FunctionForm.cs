using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Distributions;

/// <summary>A form written as <c>name(label value, label value)</c>; labels may be left out, the order is fixed.</summary>
internal abstract record FunctionForm(string Name, string[] Labels, string Meaning, string DurationExample, string CountExample)
    : DistributionForm($"{Name}({string.Join(", ", Labels.Select((label, i) => $"{label} {(char)('X' + i)}"))})", Meaning, DurationExample, CountExample)
{
    /// <inheritdoc/>
    public override bool Claims(string text) => text.StartsWith(Name, StringComparison.Ordinal) && text[Name.Length..].TrimStart() is "" or ['(', ..];

    /// <inheritdoc/>
    public override string Pattern(Quantity quantity) =>
        $@"{Name}\({string.Join(@"\s*,\s*", Labels.Select(label => $@"\s*({Regex.Escape(label)}\s+)?{quantity.Pattern}"))}\s*\)";

    /// <inheritdoc/>
    public override bool TryRead(string text, Quantity quantity, [NotNullWhen(true)] out Distribution? distribution, [NotNullWhen(false)] out string? why)
    {
        distribution = null;
        var inner = text[Name.Length..].Trim();
        if (inner is not ['(', .., ')'])
        {
            why = $"must be written {Syntax}";
            return false;
        }
        var arguments = inner[1..^1].Split(',', StringSplitOptions.TrimEntries);
        if (arguments.Length != Labels.Length)
        {
            why = $"must have {Labels.Length} value{(Labels.Length == 1 ? "" : "s")} and be written {Syntax}";
            return false;
        }
        var values = new double[Labels.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var argument = arguments[i].StartsWith(Labels[i] + " ", StringComparison.Ordinal) ? arguments[i][Labels[i].Length..].Trim() : arguments[i];
            if (quantity.TryParse(argument, out values[i], out var problem))
                continue;
            why = $"has a {Labels[i]} of '{argument}', which {problem}";
            return false;
        }
        why = Create(values, out distribution);
        return why is null;
    }

    /// <summary>Makes the distribution, or says which rule its values break.</summary>
    protected abstract string? Create(double[] values, out Distribution? distribution);
}
