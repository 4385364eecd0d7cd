using System.Globalization;
using System.Text;
using System.Text.Json;
using Rag.Engines.Metadata;
using Rag.Filters;

namespace Rag.Engines.Postgres;

/// <summary>
/// A <see cref="MetadataFilter"/> as SQL over a <c>jsonb</c> column of <see cref="TaggedValue"/>s. The order of texts by UTF-16 code units is none that PostgreSQL knows:
/// of such a condition it is told only that the value is a text, and what it finds must be looked at (<see cref="NeedsLook"/>).
/// </summary>
internal sealed class MetadataSql
{
    private readonly StringBuilder _sql = new();

    /// <param name="filter">Null matches everything.</param>
    /// <param name="column">The column.</param>
    /// <param name="firstParameter">The number of the first parameter.</param>
    public MetadataSql(MetadataFilter? filter, string column, int firstParameter)
    {
        Filter = filter;
        foreach (var condition in filter?.Conditions ?? [])
        {
            _sql.Append(" AND ");
            var field = $"{column} ->> {Add(SafeText.Escape(condition.Field))}";
            var values = condition.Values.Select(TaggedValue.Of).ToArray();
            switch (condition.Operator)
            {
                case MetadataOperator.Eq:
                    _sql.Append(CultureInfo.InvariantCulture, $"{field} = {Add(values[0])}");
                    break;
                case MetadataOperator.Ne:
                    _sql.Append(CultureInfo.InvariantCulture, $"{field} IS DISTINCT FROM {Add(values[0])}");
                    break;
                case MetadataOperator.In:
                    _sql.Append(CultureInfo.InvariantCulture, $"{field} = ANY({Add(values)})");
                    break;
                case MetadataOperator.Nin:
                    _sql.Append(CultureInfo.InvariantCulture, $"({field} = ANY({Add(values)})) IS NOT TRUE");
                    break;
                default:
                    AddOrder(condition, field);
                    break;
            }
        }

        string Add(object value)
        {
            Values.Add(value);
            return string.Create(CultureInfo.InvariantCulture, $"${firstParameter + Values.Count - 1}");
        }

        void AddOrder(MetadataCondition condition, string field)
        {
            if (condition.Values[0].Number is { } number)
            {
                var compare = condition.Operator switch { MetadataOperator.Gt => ">", MetadataOperator.Gte => ">=", MetadataOperator.Lt => "<", _ => "<=" };
                _sql.Append(CultureInfo.InvariantCulture, $"CASE WHEN {field} LIKE 'n:%' THEN substr({field}, 3)::float8 {compare} {Add(number)} ELSE false END");
                return;
            }

            NeedsLook |= condition.Values[0].Text is not null;
            _sql.Append(condition.Values[0].Text is null ? "false" : $"{field} LIKE 't:%'");
        }
    }

    public MetadataFilter? Filter { get; }

    /// <summary>Conditions, each with <c>AND</c> before it.</summary>
    public string Conditions => _sql.ToString();

    /// <summary>The parameters, in the order of their numbers.</summary>
    public List<object> Values { get; } = [];

    /// <summary>Whether what is found must still be looked at.</summary>
    public bool NeedsLook { get; private set; }

    /// <summary>Whether a row that was found matches; its column's text is needed only when <see cref="NeedsLook"/>.</summary>
    public bool Matches(string? json) => !NeedsLook || (json is not null && Filter!.Matches(Read(json)));

    /// <summary>Metadata as the column keeps it.</summary>
    public static string Write(IReadOnlyDictionary<string, MetadataValue> metadata)
    {
        var fields = metadata.ToDictionary(field => SafeText.Escape(field.Key), field => TaggedValue.Of(field.Value), StringComparer.Ordinal);
        return JsonSerializer.Serialize(fields, MetadataJson.Default.DictionaryStringString);
    }

    /// <summary>Metadata from the column.</summary>
    public static Dictionary<string, MetadataValue> Read(string json) =>
        JsonSerializer.Deserialize(json, MetadataJson.Default.DictionaryStringString)!
            .ToDictionary(field => SafeText.Unescape(field.Key), field => TaggedValue.Read(field.Value), StringComparer.Ordinal);
}
