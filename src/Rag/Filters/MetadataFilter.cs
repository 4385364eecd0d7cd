using System.Globalization;
using System.Text.Json;
using Rag.Errors;

namespace Rag.Filters;

/// <summary>
/// A condition on metadata, in the JSON that Chroma and MongoDB users know: <c>{"topic":"physics","year":{"$gte":2000},"lang":{"$in":["en","de"]}}</c>.
/// All conditions must hold. A document without the field matches <c>$ne</c> and <c>$nin</c> only. Immutable; safe to share between threads.
/// </summary>
public sealed class MetadataFilter
{
    /// <summary>The most conditions that one filter may hold.</summary>
    public const int MaxConditions = 32;

    private readonly MetadataCondition[] _conditions;

    private MetadataFilter(MetadataCondition[] conditions, string canonical)
    {
        _conditions = conditions;
        Canonical = canonical;
    }

    /// <summary>The filter as text that is equal for equal filters, whatever order their fields came in: a part of cache keys.</summary>
    public string Canonical { get; }

    /// <summary>How many conditions must hold.</summary>
    public int Count => _conditions.Length;

    /// <summary>The conditions, for engines that say them in their own language.</summary>
    public IReadOnlyList<MetadataCondition> Conditions => _conditions;

    /// <summary>Reads a filter.</summary>
    /// <param name="json">An object of fields; null or absent means "everything".</param>
    /// <returns>Null when there is nothing to filter by.</returns>
    /// <exception cref="RagException">InvalidArgument: the message names the field and the rule.</exception>
    public static MetadataFilter? Parse(JsonElement? json)
    {
        if (json is not { } root || root.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return null;
        if (root.ValueKind != JsonValueKind.Object)
            throw Invalid($"filter: expected an object of fields, got {root.ValueKind}");

        var conditions = new List<MetadataCondition>();
        foreach (var field in root.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Object)
                foreach (var op in field.Value.EnumerateObject())
                    conditions.Add(ReadOperator(field.Name, op));
            else if (MetadataValue.TryRead(field.Value, out var value))
                conditions.Add(new MetadataCondition(field.Name, MetadataOperator.Eq, [value]));
            else
                throw Invalid($"filter.{field.Name}: expected a text, a number, true, false or an operator object, got {field.Value.ValueKind}");
        }

        return conditions.Count == 0 ? null : Of(conditions);
    }

    /// <summary>Makes a filter from its <see cref="Canonical"/> text, as it travels between processes.</summary>
    /// <exception cref="RagException">InvalidArgument: the text is no filter's.</exception>
    public static MetadataFilter FromCanonical(string canonical)
    {
        string[][]? read;
        try
        {
            read = JsonSerializer.Deserialize<string[][]>(canonical);
        }
        catch (JsonException error)
        {
            throw new RagException(RagError.InvalidArgument, "filter: its canonical text is no JSON array of conditions", null, error);
        }

        if (read is not { Length: > 0 })
            throw Invalid("filter: its canonical text holds no condition");
        return Of([.. read.Select(ReadCanonical)]);
    }

    private static MetadataFilter Of(IReadOnlyList<MetadataCondition> conditions)
    {
        if (conditions.Count > MaxConditions)
            throw Invalid($"filter: {conditions.Count} conditions; at most {MaxConditions} are allowed");
        var ordered = conditions.OrderBy(c => c.Field, StringComparer.Ordinal).ThenBy(c => c.Operator).ToArray();
        return new MetadataFilter(ordered, JsonSerializer.Serialize(ordered.Select(
            c => new[] { c.Field, c.Operator.ToString() }.Concat(c.Values.Select(TypedText)).ToArray())));
    }

    /// <summary>Whether a document's metadata meets every condition.</summary>
    public bool Matches(IReadOnlyDictionary<string, MetadataValue> metadata)
    {
        foreach (var condition in _conditions)
            if (!condition.Holds(metadata))
                return false;
        return true;
    }

    private static MetadataCondition ReadOperator(string field, JsonProperty op)
    {
        var kind = op.Name switch
        {
            "$eq" => MetadataOperator.Eq,
            "$ne" => MetadataOperator.Ne,
            "$gt" => MetadataOperator.Gt,
            "$gte" => MetadataOperator.Gte,
            "$lt" => MetadataOperator.Lt,
            "$lte" => MetadataOperator.Lte,
            "$in" => MetadataOperator.In,
            "$nin" => MetadataOperator.Nin,
            _ => throw Invalid($"filter.{field}: unknown operator '{op.Name}'; use $eq, $ne, $gt, $gte, $lt, $lte, $in or $nin"),
        };

        if (kind is MetadataOperator.In or MetadataOperator.Nin)
        {
            if (op.Value.ValueKind != JsonValueKind.Array)
                throw Invalid($"filter.{field}.{op.Name}: expected an array of scalars, got {op.Value.ValueKind}");
            var values = new List<MetadataValue>();
            foreach (var item in op.Value.EnumerateArray())
                values.Add(MetadataValue.TryRead(item, out var v)
                    ? v
                    : throw Invalid($"filter.{field}.{op.Name}: expected texts, numbers, true or false, got {item.ValueKind}"));
            return new MetadataCondition(field, kind, [.. values]);
        }

        if (!MetadataValue.TryRead(op.Value, out var single))
            throw Invalid($"filter.{field}.{op.Name}: expected a text, a number, true or false, got {op.Value.ValueKind}");
        return new MetadataCondition(field, kind, [single]);
    }

    // [field, operator, typed text…]
    private static MetadataCondition ReadCanonical(string?[]? parts)
    {
        if (parts is not [{ } field, { } name, .. var texts] || !Enum.TryParse<MetadataOperator>(name, out var op) || name != op.ToString()
            || (op is not (MetadataOperator.In or MetadataOperator.Nin) && texts.Length != 1))
            throw Invalid("filter: its canonical text holds a condition that is not [field, operator, value…]");
        return new MetadataCondition(field, op, [.. texts.Select(ReadTyped)]);
    }

    private static MetadataValue ReadTyped(string? text) => text switch
    {
        ['t', ':', .. var rest] => rest,
        ['n', ':', .. var rest] when double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        "b:true" => true,
        "b:false" => false,
        _ => throw Invalid("filter: its canonical text holds a value that is no text, number or truth value"),
    };

    // 1 and "1" and true are different values and must give different cache keys.
    private static string TypedText(MetadataValue value) =>
        (value.Text is not null ? "t:" : value.Number is not null ? "n:" : "b:") + value;

    private static RagException Invalid(string message) => new(RagError.InvalidArgument, message);
}
