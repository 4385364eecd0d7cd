using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Loadline.Plans.Keys;

/// <summary>What the value of a key may be: read, explained and described to editors from one place.</summary>
/// <param name="Rule">What a value must be, with its unit and range, for the sentence "must be …".</param>
/// <param name="Example">A legal value.</param>
internal abstract record ValueKind(string Rule, string Example)
{
    /// <summary>Reads a value; on failure <paramref name="why"/> continues the sentence "the value …".</summary>
    public abstract bool TryRead(string text, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why);

    /// <summary>The kind as a JSON schema without description and default.</summary>
    public abstract JsonObject Schema();

    /// <summary>A value as JSON has it, for the schema's defaults.</summary>
    public virtual JsonNode Json(string text) => JsonValue.Create(text);

    /// <summary>Ends a reading whose only rule is <see cref="Rule"/>.</summary>
    protected bool Decide(bool fits, object candidate, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? why)
    {
        if (fits)
        {
            (value, why) = (candidate, null);
            return true;
        }
        (value, why) = (null, "must be " + Rule);
        return false;
    }
}
