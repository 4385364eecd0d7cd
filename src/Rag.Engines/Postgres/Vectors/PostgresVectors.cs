using Npgsql;
using Rag.Embedding;
using Rag.Seams;
using Rag.Vectors;

namespace Rag.Engines.Postgres.Vectors;

/// <summary>
/// <see cref="IVectors"/> in PostgreSQL with pgvector. A replacement is one transaction: the document's row is the fence and orders its writers, and its chunks
/// change as one; so several processes may write and search at once, and a search sees a document's old chunks or its new ones. What <see cref="VectorSearches"/>
/// finds is exact for tenants and filters of few chunks, by HNSW otherwise. <see cref="VectorsState.Deleted"/> is 0: dead rows are the server's own affair.
/// </summary>
/// <param name="source">Where.</param>
/// <param name="number">Which of several indexes it is; only the first can be used before it was made (<see cref="PostgresIndexes"/>).</param>
internal sealed class PostgresVectors(PostgresSource source, int number = 1) : IVectors
{
    private readonly PostgresTables _tables = new(source, VectorTables.Migrations);
    private readonly VectorTables _names = new(number);
    private readonly VectorSearches _searches = new(new VectorTables(number));
    private EmbeddingModel? _model;

    /// <summary>Its tables.</summary>
    public VectorTables Names => _names;

    public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var changes = new List<(DocumentVectors Document, float[]?[] Units)>(documents.Count);
        foreach (var document in documents)
        {
            VectorRules.CheckDocument(document.Tenant, document.DocumentId, document.Version);
            changes.Add((document, [.. document.Chunks.Select((chunk, i) => VectorRules.Normalise(chunk, document.Model, $"document '{document.DocumentId}' chunk {i}"))]));
        }

        if (changes.Count == 0)
            return;
        var model = await ModelAsync(cancellationToken).ConfigureAwait(false) ?? documents[0].Model;
        foreach (var document in documents)
            VectorRules.CheckModel(model, document.Model);
        VectorRules.CheckModel(await SetModelAsync(model, cancellationToken).ConfigureAwait(false), model);

        // Always in one order: two calls that share documents wait for each other, and never both.
        var newest = changes.GroupBy(change => (change.Document.Tenant, change.Document.DocumentId)).Select(versions => versions.MaxBy(change => change.Document.Version))
            .OrderBy(change => change.Document.Tenant, StringComparer.Ordinal).ThenBy(change => change.Document.DocumentId, StringComparer.Ordinal).ToList();
        await WriteAsync(batch =>
        {
            foreach (var (document, units) in newest)
                Replace(batch, document, units);
        }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VectorRules.CheckDocument(tenant, documentId, version);
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await WriteAsync(batch => Advance(batch, PostgresText.Write(tenant), PostgresText.Write(documentId), DocumentRank.OfDeletion(version), 0), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VectorRules.CheckTopK(request.TopK);
        var model = await ModelAsync(cancellationToken).ConfigureAwait(false);
        if (model is not null)
            VectorRules.CheckModel(model, request.Model);
        if (VectorRules.Normalise(request.Vector, request.Model, "search") is not { } query || model is null)
            return [];
        return await source.RunAsync((connection, stop) => _searches.RunAsync(connection, request, query, stop), cancellationToken, repeatable: true).ConfigureAwait(false);
    }

    public async ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken)
    {
        var model = await ModelAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(async (connection, stop) =>
        {
            await using var command = connection.Statement($"SELECT coalesce(sum(chunks), 0)::bigint, pg_total_relation_size('{_names.Chunks}') FROM {_names.Documents}");
            await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            await reader.ReadAsync(stop).ConfigureAwait(false);
            return new VectorsState(model, reader.GetInt64(0), 0, reader.GetInt64(1));
        }, cancellationToken, repeatable: true).ConfigureAwait(false);
    }

    // A batch is one transaction and one round trip: a server that dies or freezes in the middle leaves nothing behind and no rollback to wait for.
    private async ValueTask WriteAsync(Action<NpgsqlBatch> fill, CancellationToken cancellationToken) =>
        await source.RunAsync(async (connection, stop) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            fill(batch);
            return await batch.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        }, cancellationToken, repeatable: true).ConfigureAwait(false);

    /// <summary>Raises a document's fence, which makes other writers of it wait, and removes what lies below it. Changes nothing when the fence stands higher.</summary>
    private void Advance(NpgsqlBatch batch, string tenant, string document, long rank, int chunks)
    {
        batch.Add($"INSERT INTO {_names.Documents} AS d VALUES($1, $2, $3, $4) ON CONFLICT (tenant, document) DO UPDATE SET rank = EXCLUDED.rank, chunks = EXCLUDED.chunks WHERE d.rank < EXCLUDED.rank", tenant, document, rank, chunks);
        batch.Add($"DELETE FROM {_names.Chunks} WHERE tenant = $1 AND document = $2 AND rank < $3", tenant, document, rank);
    }

    private void Replace(NpgsqlBatch batch, DocumentVectors document, float[]?[] units)
    {
        var (tenant, id, rank, metadata) = (PostgresText.Write(document.Tenant), PostgresText.Write(document.DocumentId), DocumentRank.OfContent(document.Version), MetadataSql.Write(document.Metadata));
        Advance(batch, tenant, id, rank, units.Count(unit => unit is not null));
        foreach (var (ordinal, unit) in units.Index())
            if (unit is not null)
                batch.Add(
                    $"""
                    INSERT INTO {_names.Chunks} SELECT $1, $2, $3, $4, $5::jsonb, $6::real[]::vector
                    WHERE EXISTS (SELECT FROM {_names.Documents} WHERE tenant = $1 AND document = $2 AND rank = $3) ON CONFLICT DO NOTHING
                    """, tenant, id, rank, ordinal, metadata, unit);
    }

    private async ValueTask<EmbeddingModel?> ModelAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _model) is { } known)
            return known;
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return Know(await source.RunAsync((connection, stop) => ReadModelAsync(connection, _names, stop), cancellationToken, repeatable: true).ConfigureAwait(false));
    }

    /// <summary>Gives the index its model and the graph for it, unless it has one.</summary>
    private async ValueTask<EmbeddingModel> SetModelAsync(EmbeddingModel model, CancellationToken cancellationToken) =>
        Volatile.Read(ref _model) ?? Know(await source.RunAsync(async (connection, stop) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.Add($"INSERT INTO {_names.Model}(id, version, dimensions) VALUES($1, $2, $3) ON CONFLICT DO NOTHING", PostgresText.Write(model.Id), PostgresText.Write(model.Version), model.Dimensions);
            if (_names.CreateGraph(model.Dimensions) is { } graph)
                batch.Add(graph); // who comes second has waited above and finds the first one's
            await batch.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
            return await ReadModelAsync(connection, _names, stop).ConfigureAwait(false);
        }, cancellationToken, repeatable: true).ConfigureAwait(false))!;

    internal static async ValueTask<EmbeddingModel?> ReadModelAsync(NpgsqlConnection connection, VectorTables names, CancellationToken stop)
    {
        await using var command = connection.Statement($"SELECT id, version, dimensions FROM {names.Model}");
        await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
        return await reader.ReadAsync(stop).ConfigureAwait(false)
            ? new EmbeddingModel(PostgresText.Read(reader.GetString(0)), PostgresText.Read(reader.GetString(1)), reader.GetInt32(2))
            : null;
    }

    private EmbeddingModel? Know(EmbeddingModel? model)
    {
        if (model is not null)
            Volatile.Write(ref _model, model);
        return model;
    }
}
