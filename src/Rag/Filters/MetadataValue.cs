using System.Globalization;
using System.Text.Json;

namespace Rag.Filters;

/// <summary>One scalar of a document's metadata: text, a number or a truth value. Exactly one of the three is set.</summary>
/// <param name="Text">The text, or null.</param>
/// <param name="Number">The number, or null.</param>
/// <param name="Flag">The truth value, or null.</param>
public readonly record struct MetadataValue(string? Text, double? Number, bool? Flag)
{
    /// <summary>A text value.</summary>
    public static implicit operator MetadataValue(string text) => new(text, null, null);

    /// <summary>A number value.</summary>
    public static implicit operator MetadataValue(double number) => new(null, number, null);

    /// <summary>A truth value.</summary>
    public static implicit operator MetadataValue(bool flag) => new(null, null, flag);

    /// <summary>Reads a JSON scalar.</summary>
    /// <returns>False for null, arrays and objects, which metadata can't hold.</returns>
    public static bool TryRead(JsonElement json, out MetadataValue value)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String: value = json.GetString()!; return true;
            case JsonValueKind.Number: value = json.GetDouble(); return true;
            case JsonValueKind.True: value = true; return true;
            case JsonValueKind.False: value = false; return true;
            default: value = default; return false;
        }
    }

    /// <summary>The value as it reads in JSON, without quotes.</summary>
    public override string ToString() =>
        Text ?? Number?.ToString(CultureInfo.InvariantCulture) ?? (Flag == true ? "true" : "false");
}
