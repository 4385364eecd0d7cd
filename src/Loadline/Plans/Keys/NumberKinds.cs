using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Keys;

/// <summary>A whole number in a range, both ends included.</summary>
internal sealed record WholeNumberKind(string Unit, ulong Least, ulong Most, string Example)
    : ValueKind($"a whole number{(Unit.Length == 0 ? "" : " of " + Unit)} from {Least} to {Most}", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        value = null;
        why = "must be " + Rule;
        if (!BigInteger.TryParse(text.AsSpan(0, Math.Min(text.Length, 100)), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || number < Least || number > Most)
            return false;
        (value, why) = ((ulong)number, null);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "integer", ["minimum"] = Least, ["maximum"] = Most };

    /// <inheritdoc/>
    public override JsonNode Json(string text) => JsonValue.Create(ulong.Parse(text, CultureInfo.InvariantCulture));
}

/// <summary>A number in a range, both ends included.</summary>
internal sealed record NumberKind(double Least, double Most, string Example)
    : ValueKind($"a number from {Numbers.Text(Least)} to {Numbers.Text(Most)}, without a unit", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        return Decide(Numbers.TryParse(text, out var number) && number >= Least && number <= Most, number, out value, out why);
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "number", ["minimum"] = Least, ["maximum"] = Most };

    /// <inheritdoc/>
    public override JsonNode Json(string text) => JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture));
}

/// <summary>A share written in percent; read as 0–1.</summary>
internal sealed record ShareKind(string Example) : ValueKind("a share from 0% to 100%, with the percent sign", Example)
{
    /// <inheritdoc/>
    public override bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        value = null;
        why = "must be " + Rule;
        if (!text.EndsWith('%') || !Numbers.TryParse(text.AsSpan(0, text.Length - 1).Trim(), out var percent) || percent < 0 || percent > 100)
            return false;
        (value, why) = (percent / 100, null);
        return true;
    }

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = @"^(100(\.0+)?|\d{1,2}(\.\d+)?)\s*%$" };
}
