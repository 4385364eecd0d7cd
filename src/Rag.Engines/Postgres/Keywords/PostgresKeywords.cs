using Npgsql;
using Rag.Errors;
using Rag.Keywords;
using Rag.Keywords.Analysis;
using Rag.Seams;

namespace Rag.Engines.Postgres.Keywords;

/// <summary>
/// <see cref="IKeywords"/> in PostgreSQL. A replacement is one batch, so one transaction: the document's row is the fence and orders its writers; several processes may work
/// at once. Terms and scores are those of the built-in index, with two differences: words that only look like a word of the query are not searched, and averages may be
/// seconds old (<see cref="TenantStatistics"/>). A version that comes again with another text changes nothing. <see cref="KeywordsState.Terms"/> is 0: nobody counts them.
/// </summary>
internal sealed class PostgresKeywords(PostgresSource source, KeywordsOptions options, TimeProvider time) : IKeywords
{
    private const int MaxTopK = 1000;
    private const int MaxTexts = 1000;

    private readonly PostgresTables _tables = new(source, KeywordTables.Migrations);
    private readonly TenantStatistics _statistics = new(time);

    public async ValueTask ReplaceAsync(IReadOnlyList<DocumentChunks> documents, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (documents.Count == 0)
            return;
        // Always in one order: two calls that share documents wait for each other, and never both.
        var newest = documents.GroupBy(document => (document.Tenant, document.DocumentId)).Select(versions => versions.MaxBy(document => document.Version)!)
            .OrderBy(document => document.Tenant, StringComparer.Ordinal).ThenBy(document => document.DocumentId, StringComparer.Ordinal).ToList();
        await WriteAsync(batch => newest.ForEach(document => Replace(batch, document)), cancellationToken).ConfigureAwait(false);
        newest.ForEach(document => _statistics.Touch(document.Tenant));
    }

    public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WriteAsync(batch =>
        {
            var (owner, id, rank) = (PostgresText.Write(tenant), PostgresText.Write(documentId), DocumentRank.OfDeletion(version));
            Advance(batch, owner, id, rank, 0, 0, "{}");
            batch.Add($"DELETE FROM keyword_chunks WHERE tenant = $1 AND document = $2 AND rank < $3 AND {IsNewest}", owner, id, rank);
        }, cancellationToken).ConfigureAwait(false);
        _statistics.Touch(tenant);
    }

    public async ValueTask<IReadOnlyList<KeywordHit>> SearchAsync(KeywordSearch request, CancellationToken cancellationToken)
    {
        if (request.TopK is < 1 or > MaxTopK)
            throw new RagException(RagError.InvalidArgument, $"keywords: top_k is {request.TopK}; allowed are 1 to {MaxTopK}");
        cancellationToken.ThrowIfCancellationRequested();
        var started = time.GetTimestamp();
        var terms = KeywordTerms.Of("", request.Text).Terms.Take(KeywordTerms.MaxInQuery).Select(term => (TermNumber.Of(request.Tenant, term.Term), term.Count)).ToList();
        if (terms.Count == 0)
            return [];
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        var found = await source.RunAsync<IReadOnlyList<KeywordHit>>(async (connection, stop) =>
        {
            var (chunks, average) = await _statistics.ReadAsync(connection, request.Tenant, stop).ConfigureAwait(false);
            var query = new KeywordQuery(request.Tenant, terms, request.Filter, request.TopK, options.K1, options.B, chunks, average);
            await using var command = connection.Statement(query.Sql, query.Values);
            await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            var hits = new List<KeywordHit>();
            while (hits.Count < request.TopK && await reader.ReadAsync(stop).ConfigureAwait(false))
                if (query.Filter.Matches(reader.IsDBNull(4) ? null : reader.GetString(4)))
                    hits.Add(new KeywordHit(PostgresText.Read(reader.GetString(0)), DocumentRank.VersionOf(reader.GetInt64(1)), reader.GetInt32(2), (float)reader.GetDouble(3)));
            return hits;
        }, cancellationToken, repeatable: true).ConfigureAwait(false);
        KeywordsMetrics.Searched(time.GetElapsedTime(started));
        return found;
    }

    public async ValueTask<IReadOnlyList<ChunkText?>> GetTextsAsync(string tenant, IReadOnlyList<ChunkKey> chunks, CancellationToken cancellationToken)
    {
        if (chunks.Count > MaxTexts)
            throw new RagException(RagError.InvalidArgument, $"keywords: {chunks.Count} texts asked for; at most {MaxTexts} in one request");
        cancellationToken.ThrowIfCancellationRequested();
        var texts = new ChunkText?[chunks.Count];
        if (chunks.Count == 0)
            return texts;
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(async (connection, stop) =>
        {
            await using var command = connection.Statement(
                """
                SELECT (asked.place - 1)::integer, title, text FROM unnest($2, $3, $4) WITH ORDINALITY AS asked(document, rank, ordinal, place)
                JOIN keyword_chunks AS c ON c.tenant = $1 AND c.document = asked.document AND c.rank = asked.rank AND c.ordinal = asked.ordinal
                """,
                PostgresText.Write(tenant), chunks.Select(key => PostgresText.Write(key.DocumentId)).ToArray(), chunks.Select(key => DocumentRank.OfContent(key.Version)).ToArray(), chunks.Select(key => key.Ordinal).ToArray());
            await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            while (await reader.ReadAsync(stop).ConfigureAwait(false))
            {
                var place = reader.GetInt32(0);
                texts[place] = new ChunkText(chunks[place], PostgresText.Read(reader.GetString(1)), PostgresText.Read(reader.GetString(2)));
            }

            return texts;
        }, cancellationToken, repeatable: true).ConfigureAwait(false);
    }

    public async ValueTask<KeywordsState> DescribeAsync(CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(async (connection, stop) =>
        {
            await using var command = connection.Statement("SELECT coalesce(sum(chunks), 0)::bigint, pg_total_relation_size('keyword_chunks') FROM keyword_documents");
            await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            await reader.ReadAsync(stop).ConfigureAwait(false);
            return new KeywordsState(reader.GetInt64(0), 0, reader.GetInt64(1));
        }, cancellationToken, repeatable: true).ConfigureAwait(false);
    }

    // $1 tenant, $2 document, $3 rank
    private const string IsNewest = "EXISTS (SELECT FROM keyword_documents WHERE tenant = $1 AND document = $2 AND rank = $3)";

    private async ValueTask WriteAsync(Action<NpgsqlBatch> fill, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await source.RunAsync(async (connection, stop) =>
        {
            await using var batch = new NpgsqlBatch(connection);
            fill(batch);
            return await batch.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        }, cancellationToken, repeatable: true).ConfigureAwait(false);
        KeywordsMetrics.Written(time.GetElapsedTime(started));
    }

    /// <summary>Raises a document's fence, which makes other writers of it wait; what follows looks whether it stands where it was put.</summary>
    private static void Advance(NpgsqlBatch batch, string tenant, string document, long rank, int chunks, long length, string metadata) => batch.Add(
        """
        INSERT INTO keyword_documents AS d VALUES($1, $2, $3, $4, $5, $6::jsonb)
        ON CONFLICT (tenant, document) DO UPDATE SET rank = EXCLUDED.rank, chunks = EXCLUDED.chunks, length = EXCLUDED.length, metadata = EXCLUDED.metadata WHERE d.rank < EXCLUDED.rank
        """, tenant, document, rank, chunks, length, metadata);

    private static void Replace(NpgsqlBatch batch, DocumentChunks document)
    {
        var (tenant, id, title, rank) = (PostgresText.Write(document.Tenant), PostgresText.Write(document.DocumentId), PostgresText.Write(document.Title), DocumentRank.OfContent(document.Version));
        var analyzed = document.Chunks.Select(text => KeywordTerms.Of(document.Title, text)).ToList();
        Advance(batch, tenant, id, rank, analyzed.Count, analyzed.Sum(chunk => (long)chunk.Length), MetadataSql.Write(document.Metadata));

        // The version before keeps its texts, the one before that goes.
        batch.Add($"DELETE FROM keyword_chunks WHERE tenant = $1 AND document = $2 AND rank < (SELECT max(rank) FROM keyword_chunks WHERE tenant = $1 AND document = $2 AND rank < $3 AND words IS NOT NULL) AND {IsNewest}", tenant, id, rank);
        batch.Add($"UPDATE keyword_chunks SET words = NULL, counts = NULL WHERE tenant = $1 AND document = $2 AND rank < $3 AND words IS NOT NULL AND {IsNewest}", tenant, id, rank);
        foreach (var (ordinal, (terms, length)) in analyzed.Index())
            batch.Add($"INSERT INTO keyword_chunks SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE {IsNewest} ON CONFLICT DO NOTHING", tenant, id, rank, ordinal, title, PostgresText.Write(document.Chunks[ordinal]), length,
                terms.Select(term => TermNumber.Of(document.Tenant, term.Term)).ToArray(), terms.Select(term => term.Count).ToArray());
    }
}
