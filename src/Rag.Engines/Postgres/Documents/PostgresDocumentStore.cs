using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Documents;

namespace Rag.Engines.Postgres.Documents;

/// <summary>
/// Documents in PostgreSQL, for several processes at a time. Commits of all of them take turns by an advisory lock; reads never wait. The tables are made when they
/// are first needed, so a service starts while the server is down and answers once it is up.
/// </summary>
internal sealed class PostgresDocumentStore(PostgresSource source, ILogger<PostgresDocumentStore> log) : ISharedDocumentStore
{
    private const string Newest = $"SELECT {DocumentRows.VersionColumns} FROM {DocumentRows.VersionTables} WHERE v.version=d.version AND NOT d.deleted";
    private const string Find = $"{Newest} AND d.tenant=$1 AND d.id=$2";
    private const string List = $"{Newest} AND d.tenant=$1 AND d.id>$2 ORDER BY d.id LIMIT $3";
    private const string Contents = $"SELECT {DocumentRows.VersionColumns}, c.content FROM {DocumentRows.VersionTables} LEFT JOIN contents c ON c.job=v.job WHERE v.job=ANY($1)";
    private const string Backlog = $"SELECT {DocumentRows.VersionColumns}, o.attempts, o.interruptions FROM {DocumentRows.VersionTables} WHERE o.job IS NOT NULL ORDER BY o.job";

    private static readonly TimeSpan LongestBacklog = TimeSpan.FromMinutes(1);

    private readonly PostgresTables _tables = new(source, DocumentTables.Migrations);

    public void Commit(Action<IDocumentTransaction> work) => Commit([], work);

    public void Commit(IReadOnlyCollection<DocumentKey> about, Action<IDocumentTransaction> work)
    {
        _tables.Ensure();
        using var session = CommitSession.Begin(source, about);
        work(session.Work);
        session.Commit();
    }

    public ValueTask<StoredVersion?> FindAsync(string tenant, string documentId, CancellationToken cancellationToken) => ReadAsync(
        connection => connection.Statement(Find, PostgresText.Write(tenant), PostgresText.Write(documentId)),
        async (row, stop) => await row.ReadAsync(stop).ConfigureAwait(false) ? DocumentRows.Version(row) : null, cancellationToken);

    public ValueTask<IReadOnlyList<StoredVersion>> ListAsync(string tenant, string? after, int limit, CancellationToken cancellationToken) => ReadAsync(
        connection => connection.Statement(List, PostgresText.Write(tenant), PostgresText.Write(after ?? ""), (long)limit),
        async (row, stop) =>
        {
            var found = new List<StoredVersion>();
            while (await row.ReadAsync(stop).ConfigureAwait(false))
                found.Add(DocumentRows.Version(row));
            return (IReadOnlyList<StoredVersion>)found;
        }, cancellationToken);

    public async ValueTask<StoredContent?> ReadContentAsync(long jobId, CancellationToken cancellationToken) =>
        (await ReadContentsAsync([jobId], cancellationToken).ConfigureAwait(false)).GetValueOrDefault(jobId);

    public ValueTask<IReadOnlyDictionary<long, StoredContent>> ReadContentsAsync(IReadOnlyCollection<long> jobIds, CancellationToken cancellationToken) => ReadAsync(
        connection => connection.Statement(Contents, jobIds.ToArray()),
        async (row, stop) =>
        {
            var found = new Dictionary<long, StoredContent>();
            while (await row.ReadAsync(stop).ConfigureAwait(false))
            {
                var version = DocumentRows.Version(row);
                var content = row.IsDBNull(DocumentRows.VersionColumnCount) ? null : row.GetFieldValue<byte[]>(DocumentRows.VersionColumnCount);
                found[version.JobId] = new StoredContent(version, content);
            }

            return (IReadOnlyDictionary<long, StoredContent>)found;
        }, cancellationToken);

    public ValueTask<string?> ReadTextAsync(long jobId, CancellationToken cancellationToken) => ReadAsync(
        connection => connection.Statement("SELECT body FROM contents WHERE job=$1", jobId),
        async (row, stop) => await row.ReadAsync(stop).ConfigureAwait(false) ? DocumentRows.TextOrNull(row, 0) : null, cancellationToken);

    public StoredBacklog ReadBacklog()
    {
        _tables.Ensure();
        return source.RunAsync(
            async (connection, stop) =>
            {
                // One state for all three questions.
                await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop).ConfigureAwait(false);
                var jobs = new List<StoredJob>();
                await using (var command = connection.Statement(Backlog))
                {
                    command.CommandTimeout = 0;
                    await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
                    while (await row.ReadAsync(stop).ConfigureAwait(false))
                        jobs.Add(new StoredJob(DocumentRows.Version(row), row.GetInt32(DocumentRows.VersionColumnCount), row.GetInt32(DocumentRows.VersionColumnCount + 1)));
                }

                await using var totals = connection.Statement("SELECT documents, failed FROM totals");
                await using var total = await totals.ExecuteReaderAsync(stop).ConfigureAwait(false);
                await total.ReadAsync(stop).ConfigureAwait(false);
                return new StoredBacklog(jobs, total.GetInt64(0), total.GetInt64(1));
            },
            CancellationToken.None, repeatable: true, within: LongestBacklog).AsTask().GetAwaiter().GetResult();
    }

    public async ValueTask<DocumentsState> DescribeAsync(CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        var summary = await source.RunAsync(BoardSummary.ReadAsync, cancellationToken, repeatable: true).ConfigureAwait(false);
        return new DocumentsState(summary.Documents, summary.Depth, summary.OldestAge, summary.Failed);
    }

    public IJobBoard OpenBoard(DocumentsOptions options, TimeProvider time) => new PostgresJobBoard(source, _tables, options, time, log);

    /// <summary>Nothing: a claim is a row, which outlives the process that made it.</summary>
    public void NoteInHand(long jobId, bool inHand)
    {
    }

    public void Dispose()
    {
        // The connections are the process's, not this store's.
    }

    private async ValueTask<T> ReadAsync<T>(Func<NpgsqlConnection, NpgsqlCommand> ask, Func<NpgsqlDataReader, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(
            async (connection, stop) =>
            {
                await using var command = ask(connection);
                await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
                return await read(row, stop).ConfigureAwait(false);
            },
            cancellationToken, repeatable: true).ConfigureAwait(false);
    }
}
