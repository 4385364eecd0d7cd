using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Rag.Engines.Metadata;
using Rag.Filters;

namespace Rag.Engines.Chroma;

/// <summary>
/// A <see cref="MetadataFilter"/> as Chroma's <c>where</c>. Each field is kept twice: <c>m.FIELD</c> as a <see cref="TaggedValue"/>, for what is the same or not,
/// and numbers as <c>n.FIELD</c>, for their order. Chroma knows no order of texts: such a condition is left out and looked at afterwards.
/// </summary>
internal sealed class ChromaWhere
{
    private readonly List<MetadataCondition> _said = [];

    public ChromaWhere(MetadataFilter filter)
    {
        Filter = filter;
        foreach (var condition in filter.Conditions)
            switch (condition.Operator)
            {
                case MetadataOperator.In when condition.Values.Count == 0:
                    IsNever = true;
                    break;
                case MetadataOperator.Nin when condition.Values.Count == 0:
                    break;
                case MetadataOperator.Gt or MetadataOperator.Gte or MetadataOperator.Lt or MetadataOperator.Lte when condition.Values[0].Number is null:
                    if (condition.Values[0].Flag is not null)
                        IsNever = true; // truth values are in no order
                    else
                        NeedsLook = true;
                    break;
                default:
                    _said.Add(condition);
                    break;
            }
    }

    public MetadataFilter Filter { get; }

    /// <summary>Whether nothing can match.</summary>
    public bool IsNever { get; }

    /// <summary>Whether what Chroma finds must still be looked at.</summary>
    public bool NeedsLook { get; }

    /// <summary>Whether Chroma is told any condition.</summary>
    public bool SaysAnything => _said.Count > 0;

    public static void WriteFields(Utf8JsonWriter json, IReadOnlyDictionary<string, MetadataValue> metadata)
    {
        foreach (var (field, value) in metadata)
        {
            var name = SafeText.Escape(field);
            json.WriteString("m." + name, TaggedValue.Of(value));
            if (value.Number is { } number)
            {
                json.WritePropertyName("n." + name);
                WriteFloat(json, number);
            }
        }
    }

    public static Dictionary<string, MetadataValue> ReadFields(IReadOnlyDictionary<string, JsonElement> fields) =>
        fields.Where(field => field.Key.StartsWith("m.", StringComparison.Ordinal) && field.Value.ValueKind == JsonValueKind.String)
            .ToDictionary(field => SafeText.Unescape(field.Key[2..]), field => TaggedValue.Read(field.Value.GetString()!), StringComparer.Ordinal);

    /// <summary>The conditions as JSON, the same text for the same conditions; empty when there is none to tell.</summary>
    public string Text()
    {
        if (_said.Count == 0)
            return "";
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (_said.Count == 1)
                Write(json, _said[0]);
            else
                WriteAll(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void WriteAll(Utf8JsonWriter json)
    {
        json.WriteStartArray("$and");
        foreach (var condition in _said)
        {
            json.WriteStartObject();
            Write(json, condition);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, MetadataCondition condition)
    {
        var isOrder = condition.Operator is MetadataOperator.Gt or MetadataOperator.Gte or MetadataOperator.Lt or MetadataOperator.Lte;
        json.WriteStartObject((isOrder ? "n." : "m.") + SafeText.Escape(condition.Field));
        json.WritePropertyName("$" + condition.Operator.ToString().ToLowerInvariant());
        if (isOrder)
            WriteFloat(json, condition.Values[0].Number!.Value);
        else if (condition.Operator is MetadataOperator.In or MetadataOperator.Nin)
        {
            json.WriteStartArray();
            foreach (var value in condition.Values)
                json.WriteStringValue(TaggedValue.Of(value));
            json.WriteEndArray();
        }
        else
            json.WriteStringValue(TaggedValue.Of(condition.Values[0]));
        json.WriteEndObject();
    }

    // Chroma keeps whole numbers and others apart; with a point or an exponent all are of one kind. What is no finite number has no JSON, so the farthest stands for it.
    private static void WriteFloat(Utf8JsonWriter json, double number)
    {
        var text = Math.Clamp(double.IsNaN(number) ? double.MinValue : number, double.MinValue, double.MaxValue).ToString("R", CultureInfo.InvariantCulture);
        json.WriteRawValue(text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0");
    }
}
