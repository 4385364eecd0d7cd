using System.Globalization;
using System.Text;
using Rag.Filters;

namespace Rag.Engines.Postgres.Keywords;

/// <summary>
/// A search in SQL: BM25 as the built-in index has it, from the chunks themselves. All chunks that hold any of the terms are found first; how many hold each is counted
/// among them, filtered or not; then they are scored.
/// </summary>
internal sealed class KeywordQuery
{
    private readonly List<object> _values = [];

    public KeywordQuery(string tenant, IReadOnlyList<(long Term, int Count)> terms, MetadataFilter? filter, int? limit, double k1, double b, long chunks, double averageLength)
    {
        var all = Add(terms.Select(term => term.Term).ToArray());
        var owner = Add(PostgresText.Write(tenant));
        // tf·(k1+1) / (tf + k1·(1 − b + b·length/average)), times idf = ln(1 + (N − n + 0.5)/(n + 0.5)), times how often the query says it
        var (flat, perWord) = (Add(k1 * (1 - b)), Add(averageLength > 0 ? k1 * b / averageLength : 0));
        var count = Add((double)chunks);
        var (found, held, score) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        for (var i = 0; i < terms.Count; i++)
        {
            var (term, weight) = (Add(terms[i].Term), Add(terms[i].Count * (k1 + 1)));
            found.Append(CultureInfo.InvariantCulture, $", coalesce(counts[array_position(words, {term})], 0)::float8 AS n{i}");
            held.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? ", " : "")}count(*) FILTER (WHERE n{i} > 0)::float8 AS d{i}");
            score.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? " + " : "")}{weight} * ln(1 + (greatest({count}, d{i}) - d{i} + 0.5) / (d{i} + 0.5)) * n{i} / (n{i} + {flat} + {perWord} * found.length)");
        }

        Filter = new MetadataSql(filter, "d.metadata", _values.Count + 1);
        _values.AddRange(Filter.Values);
        var only = filter is null ? "" : $" JOIN keyword_documents AS d ON d.tenant = {owner} AND d.document = found.document{Filter.Conditions}";
        Sql = $"""
            WITH found AS MATERIALIZED (
              SELECT document, rank, ordinal, length{found} FROM keyword_chunks WHERE words && {all} AND tenant = {owner}),
            held AS (SELECT {held} FROM found)
            SELECT found.document, found.rank, found.ordinal, {score} AS score, {(Filter.NeedsLook ? "d.metadata::text" : "NULL")}
            FROM found CROSS JOIN held{only} ORDER BY score DESC, found.document COLLATE "C", found.ordinal{(limit is { } most && !Filter.NeedsLook ? $" LIMIT {Add(most)}" : "")}
            """;
    }

    public string Sql { get; }

    public MetadataSql Filter { get; }

    public object[] Values => [.. _values];

    private string Add(object value)
    {
        _values.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"${_values.Count}");
    }
}
