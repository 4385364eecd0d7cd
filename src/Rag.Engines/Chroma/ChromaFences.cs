using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rag.Engines.Metadata;
using Rag.Seams;

namespace Rag.Engines.Chroma;

/// <summary>
/// What has happened to each document, in a collection of its own: one record per <see cref="DocumentRank"/>, and the greatest counts. Records are only added,
/// and removed only below a greater one, so the outcome is the same in whatever order writers (of one process or of several) come, and however late a
/// request arrives that its sender had given up.
/// </summary>
internal sealed class ChromaFences(ChromaClient client, ChromaCollections collections)
{
    private const int Page = 500;
    private const int MostTogether = 32;
    private const int CallsAtOnce = 2;

    private readonly GatheredAsks<string, string[], Dictionary<string, long>> _reads =
        new(MostTogether, CallsAtOnce, (collection, asks, cancellationToken) => ReadAsync(client, collection, asks, cancellationToken));

    /// <summary>How many parts the documents fall into, by their keys. A part is read in one request: pages by number would shift under the hands of writers, and something be passed over.</summary>
    public const int Parts = 256;

    /// <summary>The greatest rank of each document of a tenant; those without one are left out.</summary>
    public async ValueTask<Dictionary<string, long>> ReadAsync(string tenant, IReadOnlyCollection<string> documents, CancellationToken cancellationToken)
    {
        var ranks = new Dictionary<string, long>(documents.Count, StringComparer.Ordinal);
        if (documents.Count == 0)
            return ranks;
        var collection = await collections.FencesAsync(cancellationToken).ConfigureAwait(false);
        var byKey = documents.ToDictionary(document => Key(tenant, document), StringComparer.Ordinal);
        foreach (var keys in byKey.Keys.Chunk(Page))
        {
            var read = await _reads.AskAsync(collection, keys, cancellationToken).ConfigureAwait(false);
            foreach (var key in keys)
                if (read.TryGetValue(key, out var rank))
                    ranks[byKey[key]] = rank;
        }

        return ranks;
    }

    // Several readers' keys in one request: each finds its own in what all are given.
    private static async ValueTask<IReadOnlyList<Dictionary<string, long>>> ReadAsync(ChromaClient client, string collection, IReadOnlyList<string[]> asks, CancellationToken cancellationToken)
    {
        var ranks = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var keys in asks.SelectMany(keys => keys).Distinct(StringComparer.Ordinal).Chunk(Page))
        {
            var found = await client.AskAsync(collection, "get", json =>
            {
                WriteIn(json, "key", keys);
                WriteIncluded(json);
            }, ChromaJson.Default.GetReply, cancellationToken).ConfigureAwait(false);
            foreach (var id in found.Ids)
                if (Parse(id) is var (key, rank) && rank > ranks.GetValueOrDefault(key))
                    ranks[key] = rank;
        }

        return [.. asks.Select(_ => ranks)];
    }

    /// <summary>The greatest rank of every document of one part.</summary>
    public async ValueTask<Dictionary<(string Tenant, string Document), long>> ReadPartAsync(int part, CancellationToken cancellationToken)
    {
        var found = await client.AskAsync(await collections.FencesAsync(cancellationToken).ConfigureAwait(false), "get", json =>
        {
            json.WriteStartObject("where");
            json.WriteNumber("part", part);
            json.WriteEndObject();
            json.WriteStartArray("include");
            json.WriteStringValue("metadatas");
            json.WriteEndArray();
        }, ChromaJson.Default.GetReply, cancellationToken).ConfigureAwait(false);
        var ranks = new Dictionary<(string, string), long>(found.Ids.Length);
        foreach (var fields in found.Metadatas ?? [])
        {
            var name = (SafeText.Unescape(fields!["tenant"].GetString()!), SafeText.Unescape(fields["document"].GetString()!));
            ranks[name] = Math.Max(ranks.GetValueOrDefault(name), fields["rank"].GetInt64());
        }

        return ranks;
    }

    /// <summary>Adds ranks, durably.</summary>
    public async ValueTask PublishAsync(IReadOnlyCollection<(string Tenant, string Document, long Rank)> changes, CancellationToken cancellationToken)
    {
        var collection = await collections.FencesAsync(cancellationToken).ConfigureAwait(false);
        foreach (var page in changes.Chunk(Page))
            await client.TellAsync(collection, "upsert", json =>
            {
                var keys = Array.ConvertAll(page, change => Key(change.Tenant, change.Document));
                json.WriteStartArray("ids");
                for (var i = 0; i < page.Length; i++)
                    json.WriteStringValue($"{keys[i]}.{page[i].Rank}");
                json.WriteEndArray();
                json.WriteStartArray("embeddings"); // a record must have one; spread out, so that the graph behind it stays cheap
                foreach (var key in keys)
                {
                    json.WriteStartArray();
                    json.WriteNumberValue((float)Convert.ToInt32(key[..6], 16));
                    json.WriteEndArray();
                }

                json.WriteEndArray();
                json.WriteStartArray("metadatas");
                for (var i = 0; i < page.Length; i++)
                {
                    json.WriteStartObject();
                    json.WriteString("key", keys[i]);
                    json.WriteNumber("rank", page[i].Rank);
                    json.WriteNumber("part", PartOf(keys[i]));
                    json.WriteString("tenant", SafeText.Escape(page[i].Tenant));
                    json.WriteString("document", SafeText.Escape(page[i].Document));
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The greatest rank of each document of a tenant, and the names of the records below it.</summary>
    public async ValueTask<(Dictionary<string, long> Ranks, List<string> Older)> ReadOlderAsync(string tenant, IReadOnlyCollection<string> documents, CancellationToken cancellationToken)
    {
        var ranks = new Dictionary<string, long>(documents.Count, StringComparer.Ordinal);
        var older = new List<string>();
        if (documents.Count == 0)
            return (ranks, older);
        var collection = await collections.FencesAsync(cancellationToken).ConfigureAwait(false);
        var byKey = documents.ToDictionary(document => Key(tenant, document), StringComparer.Ordinal);
        foreach (var keys in byKey.Keys.Chunk(Page))
        {
            var found = await client.AskAsync(collection, "get", json =>
            {
                WriteIn(json, "key", keys);
                WriteIncluded(json);
            }, ChromaJson.Default.GetReply, cancellationToken).ConfigureAwait(false);
            foreach (var records in found.Ids.GroupBy(id => Parse(id).Key, StringComparer.Ordinal))
            {
                var greatest = records.Max(id => Parse(id).Rank);
                ranks[byKey[records.Key]] = greatest;
                older.AddRange(records.Where(id => Parse(id).Rank < greatest));
            }
        }

        return (ranks, older);
    }

    /// <summary>Removes records that are below one that has been published, by their names.</summary>
    public async ValueTask TrimAsync(IReadOnlyList<string> older, CancellationToken cancellationToken) =>
        await client.DeleteAsync(await collections.FencesAsync(cancellationToken).ConfigureAwait(false), older, cancellationToken).ConfigureAwait(false);

    /// <summary>The condition "its FIELD is one of these".</summary>
    public static void WriteIn(Utf8JsonWriter json, string field, IEnumerable<string> values)
    {
        json.WriteStartObject("where");
        json.WriteStartObject(field);
        json.WriteStartArray("$in");
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Nothing but names is wanted.</summary>
    public static void WriteIncluded(Utf8JsonWriter json)
    {
        json.WriteStartArray("include");
        json.WriteEndArray();
    }

    private static (string Key, long Rank) Parse(string id)
    {
        var dot = id.IndexOf('.', StringComparison.Ordinal);
        return (id[..dot], long.Parse(id.AsSpan(dot + 1), System.Globalization.CultureInfo.InvariantCulture));
    }

    private static int PartOf(string key) => Convert.ToInt32(key[..2], 16);

    // UTF-16 as it is: any two different names have different keys.
    private static string Key(string tenant, string document) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes($"{tenant.Length}:{tenant}{document}")).AsSpan(0, 16));
}
