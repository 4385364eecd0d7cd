using System.Globalization;
using System.Text.Json;
using Rag.Errors;
using Rag.Filters;

namespace Rag.Gateway;

/// <summary>
/// Reads the fields of a JSON object with their rules and collects every problem: <see cref="End"/> throws them all at once.
/// Reading a field that has a problem gives null, so that reading goes on.
/// </summary>
internal sealed class JsonFields
{
    private readonly JsonElement _root;
    private readonly string _at;
    private readonly List<FieldProblem> _problems;
    private readonly List<string> _known = new(8);

    public JsonFields(JsonElement root, string at = "", List<FieldProblem>? problems = null)
    {
        _root = root;
        _at = at;
        _problems = problems ?? [];
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidRequestException([.. _problems, new FieldProblem(at, $"{Where("body")}: expected an object, got {Kind(root)}")]);
    }

    /// <summary>A text of min–max characters, or null when absent.</summary>
    public string? Text(string name, int min, int max, bool required = false)
    {
        if (!Find(name, required, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return Wrong<string>(name, $"expected a text, got {Kind(value)}");
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException) // an escaped half of a surrogate pair
        {
            return Wrong<string>(name, "the text is not valid Unicode");
        }

        if (text.Length > max)
            return Wrong<string>(name, $"{text.Length} characters are too many; at most {max} are allowed");
        if (text.Length < min || (min > 0 && string.IsNullOrWhiteSpace(text)))
            return Wrong<string>(name, min == 1 ? "must not be empty" : $"{text.Length} characters are too few; at least {min} are needed");
        return text;
    }

    /// <summary>A whole number from min to max, or null when absent.</summary>
    public int? Whole(string name, int min, int max)
    {
        if (!Find(name, false, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number))
            return WrongValue<int>(name, $"expected a whole number from {min} to {max}, got {Kind(value)}");
        return number >= min && number <= max ? number : WrongValue<int>(name, $"{number} is not permitted; expected a whole number from {min} to {max}");
    }

    /// <summary>A number from min to max, or null when absent.</summary>
    public double? Number(string name, double min, double max)
    {
        if (!Find(name, false, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || number < min || number > max)
            return WrongValue<double>(name, string.Create(CultureInfo.InvariantCulture, $"expected a number from {min} to {max}, got {Kind(value)}"));
        return number;
    }

    /// <summary>A truth value; false when absent.</summary>
    public bool Flag(string name)
    {
        if (!Find(name, false, out var value))
            return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Wrong(name, $"expected true or false, got {Kind(value)}");
        return false;
    }

    /// <summary>Any value that is there and not null.</summary>
    public bool Any(string name, bool required, out JsonElement value) => Find(name, required, out value);

    /// <summary>A metadata filter, or null when absent or empty.</summary>
    public MetadataFilter? Filter(string name)
    {
        if (!Find(name, false, out var value))
            return null;
        try
        {
            return MetadataFilter.Parse(value);
        }
        catch (RagException error)
        {
            _problems.Add(new FieldProblem($"{_at}/{name}", error.Message));
            return null;
        }
    }

    /// <summary>The fields of an object within this one; its problems are collected with the others.</summary>
    public JsonFields? Object(string name)
    {
        if (!Find(name, false, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Object)
            return new JsonFields(value, $"{_at}/{name}", _problems);
        Wrong(name, $"expected an object, got {Kind(value)}");
        return null;
    }

    /// <summary>Notes a problem.</summary>
    public void Wrong(string name, string rule) => _problems.Add(new FieldProblem($"{_at}/{name}", $"{Where(name)}: {rule}"));

    /// <summary>Throws all problems, if there are any.</summary>
    /// <param name="strict">Whether fields that nobody has read are problems.</param>
    public void End(bool strict)
    {
        if (strict)
            NoOthers();
        if (_problems.Count > 0)
            throw new InvalidRequestException(_problems);
    }

    /// <summary>Notes fields that nobody has read: a misspelt option must not be ignored silently.</summary>
    public void NoOthers()
    {
        foreach (var field in _root.EnumerateObject())
            if (!_known.Contains(field.Name))
                Wrong(field.Name, $"unknown field; known are {string.Join(", ", _known)}");
    }

    private bool Find(string name, bool required, out JsonElement value)
    {
        _known.Add(name);
        if (_root.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null)
            return true;
        if (required)
            Wrong(name, "is required");
        return false;
    }

    private T? Wrong<T>(string name, string rule) where T : class
    {
        Wrong(name, rule);
        return null;
    }

    private T? WrongValue<T>(string name, string rule) where T : struct
    {
        Wrong(name, rule);
        return null;
    }

    private string Where(string name) => _at.Length == 0 ? name : $"{_at[1..].Replace('/', '.')}.{name}";

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a text",
        JsonValueKind.Number => value.GetRawText().Length <= 20 ? value.GetRawText() : "a number",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => "null",
    };
}
