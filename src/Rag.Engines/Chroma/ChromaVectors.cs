using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Rag.Engines.Metadata;
using Rag.Filters;
using Rag.Seams;
using Rag.Vectors;

namespace Rag.Engines.Chroma;

/// <summary>
/// <see cref="IVectors"/> in a Chroma server.
/// <code>
/// ReplaceAsync: check ─▶ add the chunks, named by rank ─▶ publish the rank (<see cref="ChromaFences"/>) ─▶ remove what is below the greatest rank
/// SearchAsync:  nearest ─▶ read their documents' ranks ─▶ keep those of the greatest rank; again if one was replaced meanwhile
/// </code>
/// Nothing is ever changed in place, so several processes may write and search at once, a write may be repeated after a crash at any arrow, and a search
/// sees a document's old chunks or its new ones. Searches that come while others are under way go together (<see cref="GatheredAsks{TKey, TAsk, TReply}"/>): of
/// what a search alone costs Chroma, most is the request. Unlike the embedded index: durable means that Chroma has committed it to its SQLite log; and
/// <see cref="VectorsState.Chunks"/> counts, for a moment, chunks that are being replaced.
/// </summary>
internal sealed class ChromaVectors : IVectors, IDisposable
{
    private const int BatchChunks = 500; // Chroma takes 5,461 records at most
    private const int BatchFloats = 1 << 20;
    private const int DocumentsTrimmed = 64; // at once: of ten thousand chunks each they would still be a reply of some megabytes
    private const int Spare = 8;
    private const int MostAsked = 65_536;
    private const int MostReplaced = 16; // so often a document would have to be replaced within one search to be left out
    private const int MostTogether = 32;
    private const int CallsAtOnce = 2; // one is computed while the next is on its way

    private readonly ChromaClient _client;
    private readonly bool _owned;
    private readonly ChromaCollections _collections;
    private readonly ChromaFences _fences;
    private readonly ChromaOptions _options;
    private readonly GatheredAsks<QueryKind, float[], List<Found>> _queries;

    /// <param name="options">Which server, and what its collections are called.</param>
    /// <param name="client">The connection that several indexes share; null makes one of its own.</param>
    public ChromaVectors(ChromaOptions options, ChromaClient? client = null)
    {
        _options = options;
        _owned = client is null;
        _client = client ?? new ChromaClient(options);
        _collections = new ChromaCollections(_client, options);
        _fences = new ChromaFences(_client, _collections);
        _queries = new GatheredAsks<QueryKind, float[], List<Found>>(MostTogether, CallsAtOnce, QueryAsync);
    }

    public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var units = documents.Select(CheckedUnits).ToList(); // all before anything is sent
        if (documents.Count == 0)
            return;
        await Known(async () =>
        {
            var model = await _collections.ModelAsync(cancellationToken).ConfigureAwait(false) ?? documents[0].Model;
            foreach (var document in documents)
                VectorRules.CheckModel(model, document.Model);
            VectorRules.CheckModel(await _collections.SetModelAsync(model, cancellationToken).ConfigureAwait(false), model);
            foreach (var tenant in documents.Zip(units).GroupBy(pair => pair.First.Tenant, StringComparer.Ordinal))
            {
                var newest = tenant.GroupBy(pair => pair.First.DocumentId, StringComparer.Ordinal).Select(versions => versions.MaxBy(pair => pair.First.Version)).ToList();
                await ReplaceAsync(tenant.Key, newest, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VectorRules.CheckDocument(tenant, documentId, version);
        await Known(async () =>
        {
            await _fences.PublishAsync([(tenant, documentId, DocumentRank.OfDeletion(version))], cancellationToken).ConfigureAwait(false);
            await TrimAsync(tenant, [documentId], cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VectorRules.CheckTopK(request.TopK);
        return await Known<IReadOnlyList<VectorHit>>(async () =>
        {
            var model = await _collections.ModelAsync(cancellationToken).ConfigureAwait(false);
            if (model is not null)
                VectorRules.CheckModel(model, request.Model);
            var where = request.Filter is null ? null : new ChromaWhere(request.Filter);
            if (VectorRules.Normalise(request.Vector, request.Model, "search") is not { } query || model is null || where is { IsNever: true }
                || await _collections.FindAsync(request.Tenant, cancellationToken).ConfigureAwait(false) is not { } collection)
                return [];
            return await SearchAsync(collection, request, query, where, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    public async ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken)
    {
        const int Page = 200;
        var model = await _collections.ModelAsync(cancellationToken).ConfigureAwait(false);
        long chunks = 0;
        for (var (offset, count) = (0, Page); count == Page; offset += Page)
        {
            var page = await _client.ListCollectionsAsync(Page, offset, cancellationToken).ConfigureAwait(false);
            count = page.Length;
            foreach (var collection in page)
                if (collection.Name.StartsWith(_collections.TenantPrefix, StringComparison.Ordinal))
                    chunks += await _client.CountAsync(collection.Id, cancellationToken).ConfigureAwait(false) ?? 0;
        }

        return new VectorsState(model, chunks, 0, chunks * (model?.Dimensions ?? 0) * sizeof(float));
    }

    /// <summary>The greatest rank of every document of one of <see cref="ChromaFences.Parts"/> parts.</summary>
    public ValueTask<Dictionary<(string Tenant, string Document), long>> ReadPartAsync(int part, CancellationToken cancellationToken) =>
        Known(() => _fences.ReadPartAsync(part, cancellationToken));

    /// <summary>How many chunks documents of a tenant have at these ranks, at least, and their metadata; those without a vector are left out.</summary>
    public ValueTask<Dictionary<string, (int Chunks, IReadOnlyDictionary<string, MetadataValue> Metadata)>> ReadContentAsync(
        string tenant, IReadOnlyDictionary<string, long> ranks, CancellationToken cancellationToken) => Known(async () =>
    {
        var content = new Dictionary<string, (int Chunks, IReadOnlyDictionary<string, MetadataValue> Metadata)>(StringComparer.Ordinal);
        if (await _collections.FindAsync(tenant, cancellationToken).ConfigureAwait(false) is not { } collection)
            return content;
        var found = await _client.AskAsync(collection, "get", json =>
        {
            json.WriteStartObject("where");
            json.WriteStartObject("document");
            json.WriteStartArray("$in");
            foreach (var document in ranks.Keys)
                json.WriteStringValue(SafeText.Escape(document));
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("include");
            json.WriteStringValue("metadatas");
            json.WriteEndArray();
        }, ChromaJson.Default.GetReply, cancellationToken).ConfigureAwait(false);
        foreach (var (id, fields) in found.Ids.Zip(found.Metadatas ?? []))
        {
            var parts = id.Split('.', 3);
            var document = SafeText.Unescape(parts[2]);
            if (fields is null || long.Parse(parts[0], CultureInfo.InvariantCulture) != ranks.GetValueOrDefault(document))
                continue;
            var chunks = int.Parse(parts[1], CultureInfo.InvariantCulture) + 1;
            if (chunks > content.GetValueOrDefault(document).Chunks)
                content[document] = (chunks, ChromaWhere.ReadFields(fields));
        }

        return content;
    });

    public void Dispose()
    {
        if (_owned)
            _client.Dispose();
    }

    private static float[]?[] CheckedUnits(DocumentVectors document)
    {
        VectorRules.CheckDocument(document.Tenant, document.DocumentId, document.Version);
        return [.. document.Chunks.Select((chunk, i) => VectorRules.Normalise(chunk, document.Model, $"document '{document.DocumentId}' chunk {i}"))];
    }

    private async ValueTask ReplaceAsync(string tenant, List<(DocumentVectors Document, float[]?[] Units)> documents, CancellationToken cancellationToken)
    {
        var collection = await _collections.OpenAsync(tenant, cancellationToken).ConfigureAwait(false);
        var ranks = await _fences.ReadAsync(tenant, [.. documents.Select(pair => pair.Document.DocumentId)], cancellationToken).ConfigureAwait(false);
        var news = documents.Where(pair => DocumentRank.OfContent(pair.Document.Version) > ranks.GetValueOrDefault(pair.Document.DocumentId)).ToList();
        await AddAsync(collection, news, cancellationToken).ConfigureAwait(false);
        if (news.Count > 0)
            await _fences.PublishAsync([.. news.Select(pair => (tenant, pair.Document.DocumentId, DocumentRank.OfContent(pair.Document.Version)))], cancellationToken).ConfigureAwait(false);

        // Nothing can be below a first version, which is what most uploads are. What was turned away is looked at too: it may be the repeat of a call that broke off here.
        await TrimAsync(tenant, [.. documents.Where(pair => pair.Document.Version > 1 || ranks.ContainsKey(pair.Document.DocumentId)).Select(pair => pair.Document.DocumentId)], cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AddAsync(string collection, List<(DocumentVectors Document, float[]?[] Units)> documents, CancellationToken cancellationToken)
    {
        var batch = new List<(DocumentVectors Document, int Ordinal, float[] Unit)>();
        foreach (var (document, units) in documents)
            for (var i = 0; i < units.Length; i++)
            {
                if (units[i] is not { } unit)
                    continue; // a zero vector is near to nothing
                batch.Add((document, i, unit));
                if (batch.Count >= BatchChunks || batch.Count * unit.Length >= BatchFloats)
                {
                    await FlushAsync().ConfigureAwait(false);
                    batch.Clear();
                }
            }

        if (batch.Count > 0)
            await FlushAsync().ConfigureAwait(false);

        ValueTask FlushAsync() => _client.TellAsync(collection, "upsert", json =>
        {
            json.WriteStartArray("ids");
            foreach (var (document, ordinal, _) in batch)
                json.WriteStringValue($"{DocumentRank.OfContent(document.Version)}.{ordinal}.{SafeText.Escape(document.DocumentId)}");
            json.WriteEndArray();
            json.WriteStartArray("embeddings");
            foreach (var (_, _, unit) in batch)
                json.WriteBase64StringValue(MemoryMarshal.AsBytes(unit.AsSpan()));
            json.WriteEndArray();
            json.WriteStartArray("metadatas");
            foreach (var (document, _, _) in batch)
            {
                json.WriteStartObject();
                json.WriteString("document", SafeText.Escape(document.DocumentId));
                json.WriteNumber("rank", DocumentRank.OfContent(document.Version));
                ChromaWhere.WriteFields(json, document.Metadata);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }, cancellationToken);
    }

    /// <summary>
    /// Removes what is below each document's greatest rank: old chunks, those of a late writer, and old ranks. By their names: a removal by condition costs Chroma
    /// ten times what it costs to look them up first.
    /// </summary>
    private async ValueTask TrimAsync(string tenant, IReadOnlyCollection<string> documents, CancellationToken cancellationToken)
    {
        var (ranks, olderRanks) = await _fences.ReadOlderAsync(tenant, documents, cancellationToken).ConfigureAwait(false);
        if (ranks.Count == 0)
            return;
        if (await _collections.FindAsync(tenant, cancellationToken).ConfigureAwait(false) is { } collection)
            foreach (var page in ranks.Keys.Chunk(DocumentsTrimmed))
            {
                var found = await _client.AskAsync(collection, "get", json =>
                {
                    ChromaFences.WriteIn(json, "document", page.Select(SafeText.Escape));
                    ChromaFences.WriteIncluded(json);
                }, ChromaJson.Default.GetReply, cancellationToken).ConfigureAwait(false);
                await _client.DeleteAsync(collection, [.. found.Ids.Where(IsOld)], cancellationToken).ConfigureAwait(false);
            }

        await _fences.TrimAsync(olderRanks, cancellationToken).ConfigureAwait(false);

        bool IsOld(string id) => id.Split('.', 3) is var parts && long.Parse(parts[0], CultureInfo.InvariantCulture) < ranks.GetValueOrDefault(SafeText.Unescape(parts[2]));
    }

    private async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(string collection, VectorSearch request, float[] query, ChromaWhere? where, CancellationToken cancellationToken)
    {
        var asked = request.TopK + Spare;
        var (replaced, known) = (0, new Dictionary<string, long>());
        while (true)
        {
            var found = await QueryAsync(collection, query, asked, where, cancellationToken).ConfigureAwait(false);
            var ranks = await _fences.ReadAsync(request.Tenant, found.Select(hit => hit.Document).ToHashSet(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);

            // Chunks are added before their rank is published, so what is found next has those of every rank that is known now, unless another comes meanwhile.
            var isReplaced = found.Exists(hit =>
                ranks.TryGetValue(hit.Document, out var rank) && rank > hit.Rank && rank > known.GetValueOrDefault(hit.Document) && !DocumentRank.IsDeletion(rank));
            if (isReplaced && replaced++ < MostReplaced)
            {
                known = ranks;
                continue;
            }

            var hits = found.Where(hit => hit.Matches && ranks.GetValueOrDefault(hit.Document) == hit.Rank)
                .Select(hit => new VectorHit(hit.Document, DocumentRank.VersionOf(hit.Rank), hit.Ordinal, hit.Score)).ToList();
            if (hits.Count < request.TopK && found.Count >= asked && asked < MostAsked)
            {
                asked = Math.Min(asked * 4, MostAsked);
                continue;
            }

            hits.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score)
                : string.CompareOrdinal(a.DocumentId, b.DocumentId) is var order && order != 0 ? order : a.Ordinal.CompareTo(b.Ordinal));
            return hits.Count > request.TopK ? hits[..request.TopK] : hits;
        }
    }

    private ValueTask<List<Found>> QueryAsync(string collection, float[] query, int count, ChromaWhere? where, CancellationToken cancellationToken) =>
        _queries.AskAsync(new QueryKind(collection, count, where?.Text() ?? "", where is { NeedsLook: true } ? where : null), query, cancellationToken);

    private async ValueTask<IReadOnlyList<List<Found>>> QueryAsync(QueryKind kind, IReadOnlyList<float[]> queries, CancellationToken cancellationToken)
    {
        var reply = await _client.AskAsync(kind.Collection, "query", json =>
        {
            json.WriteStartArray("query_embeddings");
            foreach (var query in queries)
            {
                json.WriteStartArray();
                foreach (var number in query)
                    json.WriteNumberValue(number);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteNumber("n_results", kind.Count);
            if (kind.Where.Length > 0)
            {
                json.WritePropertyName("where");
                json.WriteRawValue(kind.Where, skipInputValidation: true);
            }

            json.WriteStartArray("include");
            json.WriteStringValue("distances");
            if (kind.Look is not null)
                json.WriteStringValue("metadatas");
            json.WriteEndArray();
        }, ChromaJson.Default.QueryReply, cancellationToken).ConfigureAwait(false);
        return [.. reply.Ids.Select((ids, i) => Read(ids, reply.Distances?[i], reply.Metadatas?[i], kind.Look))];
    }

    private static List<Found> Read(string[] ids, double?[]? distances, Dictionary<string, JsonElement>?[]? metadatas, ChromaWhere? look)
    {
        var found = new List<Found>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            var parts = ids[i].Split('.', 3);
            var matches = look is null || (metadatas?[i] is { } fields && look.Filter.Matches(ChromaWhere.ReadFields(fields)));
            found.Add(new Found(
                SafeText.Unescape(parts[2]), long.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture),
                Math.Clamp(1 - (float)(distances?[i] ?? 1), -1, 1), matches));
        }

        return found;
    }

    // Ids of collections are remembered; when one was dropped behind our back, they are looked up once more.
    private async ValueTask<T> Known<T>(Func<ValueTask<T>> act)
    {
        for (var last = false; ; last = true)
            try
            {
                return await act().ConfigureAwait(false);
            }
            catch (CollectionGoneException error)
            {
                _collections.Forget();
                if (last)
                    throw new Errors.RagException(Errors.RagError.Unavailable, $"vectors: collections of '{_options.Collection}' vanish from Chroma while they are used; who drops them?", null, error);
            }
    }

    /// <summary>What queries must have in common to go together. Those whose hits must be looked at go alone: <see cref="ChromaWhere"/> is one request's own.</summary>
    private readonly record struct QueryKind(string Collection, int Count, string Where, ChromaWhere? Look);

    private readonly record struct Found(string Document, long Rank, int Ordinal, float Score, bool Matches);
}
