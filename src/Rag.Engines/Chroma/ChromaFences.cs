using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
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
                WriteKeys(json, keys);
                WriteIncluded(json);
            }, ChromaJson.Default.GetReply, cancellationToken).ConfigureAwait(false);
            foreach (var id in found.Ids)
                if (Parse(id) is var (key, rank) && rank > ranks.GetValueOrDefault(key))
                    ranks[key] = rank;
        }

        return [.. asks.Select(_ => ranks)];
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
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes a document's records below a rank that has been published.</summary>
    public async ValueTask TrimAsync(string tenant, string document, long below, CancellationToken cancellationToken) =>
        await client.TellAsync(await collections.FencesAsync(cancellationToken).ConfigureAwait(false), "delete", json => WriteOlder(json, "key", Key(tenant, document), below), cancellationToken).ConfigureAwait(false);

    /// <summary>The condition "this document's, of a lower rank".</summary>
    public static void WriteOlder(Utf8JsonWriter json, string field, string value, long below)
    {
        json.WriteStartObject("where");
        json.WriteStartArray("$and");
        json.WriteStartObject();
        json.WriteString(field, value);
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteStartObject("rank");
        json.WriteNumber("$lt", below);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteKeys(Utf8JsonWriter json, string[] keys)
    {
        json.WriteStartObject("where");
        json.WriteStartObject("key");
        json.WriteStartArray("$in");
        foreach (var key in keys)
            json.WriteStringValue(key);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteIncluded(Utf8JsonWriter json)
    {
        json.WriteStartArray("include");
        json.WriteEndArray();
    }

    private static (string Key, long Rank) Parse(string id)
    {
        var dot = id.IndexOf('.', StringComparison.Ordinal);
        return (id[..dot], long.Parse(id.AsSpan(dot + 1), System.Globalization.CultureInfo.InvariantCulture));
    }

    // UTF-16 as it is: any two different names have different keys.
    private static string Key(string tenant, string document) => Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes($"{tenant.Length}:{tenant}{document}")).AsSpan(0, 16));
}
