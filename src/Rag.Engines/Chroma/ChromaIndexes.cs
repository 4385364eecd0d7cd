using System.Text;
using System.Text.Json;
using Rag.Errors;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Engines.Chroma;

/// <summary>
/// Indexes in a Chroma server: the first has the collections <c>NAME.…</c>, others <c>NAME.m2.…</c>, <c>NAME.m3.…</c>. The plan is in the collection <c>NAME.plan</c>, a record for
/// each revision; a record is only ever added, and Chroma keeps the first of one name, so that of several processes that write a revision one wins. Several processes may
/// work on them.
/// </summary>
internal sealed class ChromaIndexes(ChromaOptions options) : IVectorIndexes, IDisposable
{
    private const int DocumentsPerCall = 200;

    private static readonly CollectionConfiguration Small = new(new HnswConfiguration("l2", 4, 8, 8));

    private readonly ChromaClient _client = new(options);

    public bool IsShared => true;

    public async ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken) => await ReadPlanAsync(_client, options, cancellationToken).ConfigureAwait(false);

    /// <summary>The plan of a server's indexes; null when none was ever written.</summary>
    public static async ValueTask<VectorPlan?> ReadPlanAsync(ChromaClient client, ChromaOptions options, CancellationToken cancellationToken) =>
        await client.FindCollectionAsync(PlanName(options), cancellationToken).ConfigureAwait(false) is { } collection
            ? (await ReadAsync(client, collection.Id, options, cancellationToken).ConfigureAwait(false)).Select(record => record.Plan).MaxBy(plan => plan.Revision)
            : null;

    public async ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        var collection = await _client.OpenCollectionAsync(new NewCollection(PlanName(options), true, null, Small), cancellationToken).ConfigureAwait(false);
        var mine = Guid.NewGuid().ToString("N");
        try
        {
            var last = (await ReadAsync(_client, collection.Id, options, cancellationToken).ConfigureAwait(false)).Select(record => record.Plan.Revision).DefaultIfEmpty().Max();
            if (last != plan.Revision - 1)
                return false;
            await _client.TellAsync(collection.Id, "add", json =>
            {
                json.WriteStartArray("ids");
                json.WriteStringValue($"{plan.Revision}");
                json.WriteEndArray();
                json.WriteStartArray("embeddings"); // a record must have one
                json.WriteStartArray();
                json.WriteNumberValue((float)plan.Revision);
                json.WriteEndArray();
                json.WriteEndArray();
                json.WriteStartArray("metadatas");
                json.WriteStartObject();
                json.WriteString("plan", plan.Write());
                json.WriteString("writer", mine);
                json.WriteEndObject();
                json.WriteEndArray();
            }, cancellationToken).ConfigureAwait(false);
            return (await ReadAsync(_client, collection.Id, options, cancellationToken).ConfigureAwait(false)).Exists(record => record.Plan.Revision == plan.Revision && record.Writer == mine);
        }
        catch (CollectionGoneException error)
        {
            throw Gone(error);
        }
    }

    public ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => new(new ChromaVectors(OptionsOf(number), _client));

    public async ValueTask DropAsync(int number, CancellationToken cancellationToken) => await new ChromaCollections(_client, OptionsOf(number)).DropAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var (from, to) = ((ChromaVectors)full, (ChromaVectors)other);
        var first = new List<(string Tenant, string Document, long Rank)>();
        long documents = 0, behind = 0;
        for (var part = 0; part < ChromaFences.Parts; part++)
        {
            var wanted = await from.ReadPartAsync(part, cancellationToken).ConfigureAwait(false);
            documents += wanted.Count;
            if (wanted.Count == 0)
                continue;
            var held = await to.ReadPartAsync(part, cancellationToken).ConfigureAwait(false);
            foreach (var (name, rank) in wanted)
                if (rank > held.GetValueOrDefault(name))
                {
                    behind++;
                    if (first.Count < most)
                        first.Add((name.Tenant, name.Document, rank));
                }
        }

        return new VectorLag(documents, behind, await DescribeAsync(from, first, cancellationToken).ConfigureAwait(false));
    }

    public void Dispose() => _client.Dispose();

    internal static ChromaOptions OptionsOf(ChromaOptions options, int number) => number == 1 ? options : options with { Collection = $"{options.Collection}.m{number}" };

    private static async ValueTask<List<HeldDocument>> DescribeAsync(ChromaVectors index, List<(string Tenant, string Document, long Rank)> named, CancellationToken cancellationToken)
    {
        var described = new List<HeldDocument>(named.Count);
        foreach (var tenant in named.GroupBy(document => document.Tenant, StringComparer.Ordinal))
            foreach (var some in tenant.Chunk(DocumentsPerCall))
            {
                var ranks = some.Where(document => !DocumentRank.IsDeletion(document.Rank)).ToDictionary(document => document.Document, document => document.Rank, StringComparer.Ordinal);
                var content = ranks.Count == 0 ? [] : await index.ReadContentAsync(tenant.Key, ranks, cancellationToken).ConfigureAwait(false);
                foreach (var (_, document, rank) in some)
                {
                    var (chunks, metadata) = content.GetValueOrDefault(document);
                    described.Add(new HeldDocument(tenant.Key, document, DocumentRank.VersionOf(rank), DocumentRank.IsDeletion(rank), chunks, metadata));
                }
            }

        return described;
    }

    private static async ValueTask<List<(VectorPlan Plan, string Writer)>> ReadAsync(ChromaClient client, string collection, ChromaOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var found = await client.AskAsync(collection, "get", json =>
            {
                json.WriteStartArray("include");
                json.WriteStringValue("metadatas");
                json.WriteEndArray();
            }, ChromaJson.Default.GetReply, cancellationToken).ConfigureAwait(false);
            return [.. (found.Metadatas ?? []).Select(fields => (VectorPlan.Read(Encoding.UTF8.GetBytes(fields!["plan"].GetString()!)), fields["writer"].GetString()!))];
        }
        catch (CollectionGoneException)
        {
            return [];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or NullReferenceException)
        {
            throw new RagException(RagError.Unavailable, $"vectors: Chroma's collection '{PlanName(options)}' holds what this version can't read; bring the server's data back from a backup", null, error);
        }
    }

    private static string PlanName(ChromaOptions options) => options.Collection + ".plan";

    private ChromaOptions OptionsOf(int number) => OptionsOf(options, number);

    private RagException Gone(Exception error) =>
        new(RagError.Unavailable, $"vectors: collections of '{options.Collection}' vanish from Chroma while they are used; who drops them?", null, error);
}
