using Npgsql;
using Rag.Identity.Usage;

namespace Rag.Engines.Postgres.Identity;

/// <summary>Usage in PostgreSQL, beside users and keys, for any number of processes at a time. A batch is one statement: its number and its amounts are written together or not at all.</summary>
internal sealed class PostgresUsageStore(PostgresSource source) : IUsageStore
{
    private const string Given =
        """
        unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
        """;

    // The rows of the source come first: two that send the same batch at a time wait for each other there, and the second finds the number taken.
    private const string Sum =
        $"""
        WITH fresh AS (
          INSERT INTO usage_sources AS s VALUES($13, $14, $15) ON CONFLICT(source) DO UPDATE SET number=excluded.number, day=excluded.day WHERE excluded.number > s.number RETURNING 1)
        INSERT INTO usage AS u SELECT g.* FROM {Given} AS g WHERE EXISTS (SELECT 1 FROM fresh)
        ON CONFLICT(day, tenant, username, key, operation) DO UPDATE SET
          requests=u.requests+excluded.requests, prompt_tokens=u.prompt_tokens+excluded.prompt_tokens, completion_tokens=u.completion_tokens+excluded.completion_tokens,
          texts=u.texts+excluded.texts, embedded_tokens=u.embedded_tokens+excluded.embedded_tokens, documents=u.documents+excluded.documents, bytes=u.bytes+excluded.bytes
        """;

    private const string Greater =
        $"""
        INSERT INTO usage AS u SELECT * FROM {Given}
        ON CONFLICT(day, tenant, username, key, operation) DO UPDATE SET
          requests=greatest(u.requests, excluded.requests), prompt_tokens=greatest(u.prompt_tokens, excluded.prompt_tokens),
          completion_tokens=greatest(u.completion_tokens, excluded.completion_tokens), texts=greatest(u.texts, excluded.texts),
          embedded_tokens=greatest(u.embedded_tokens, excluded.embedded_tokens), documents=greatest(u.documents, excluded.documents), bytes=greatest(u.bytes, excluded.bytes)
        """;

    private readonly PostgresTables _tables = new(source, PostgresKeyStore.Migrations);

    public ValueTask<IReadOnlyList<DayTotal>> AddAsync(UsageBatch batch, CancellationToken cancellationToken) => RunAsync<IReadOnlyList<DayTotal>>(
        async (connection, stop) =>
        {
            await using (var add = connection.Statement(Sum, [.. Columns(batch.Entries, static (a, b) => a.Plus(b)), batch.Source, batch.Number, batch.Day]))
                await add.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
            var totals = new List<DayTotal>();
            if (batch.Watched.Count == 0)
                return totals;
            await using var command = connection.Statement(
                "SELECT username, sum(requests)::bigint, sum(prompt_tokens + completion_tokens + embedded_tokens)::bigint FROM usage WHERE username = ANY($1) AND day=$2 GROUP BY username",
                batch.Watched.Distinct(StringComparer.Ordinal).Select(PostgresText.Write).ToArray(), batch.Day);
            await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            while (await row.ReadAsync(stop).ConfigureAwait(false))
                totals.Add(new DayTotal(PostgresText.Read(row.GetString(0)), row.GetInt64(1), row.GetInt64(2)));
            return totals;
        }, cancellationToken);

    public ValueTask<UsagePage> ReadAsync(UsageQuestion question, CancellationToken cancellationToken) => RunAsync(
        async (connection, stop) =>
        {
            var values = new List<object?> { question.From, question.To, question.Most + 1 };
            var more = "";
            if (question.Tenant is { } tenant)
                more += $" AND tenant=${Next(PostgresText.Write(tenant))}";
            if (question.User is { } user)
                more += $" AND username=${Next(PostgresText.Write(user))}";
            if (question.After is { } after)
                more += $" AND (day, tenant, username, key, operation) > (${Next(after.Day)}, ${Next(PostgresText.Write(after.Tenant))}, ${Next(PostgresText.Write(after.User))}, ${Next(PostgresText.Write(after.Key))}, ${Next(PostgresText.Write(after.Operation))})";
            await using var command = connection.Statement($"SELECT * FROM usage WHERE day BETWEEN $1 AND $2{more} ORDER BY day, tenant, username, key, operation LIMIT $3", [.. values]);
            await using var row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            var entries = new List<UsageEntry>();
            while (await row.ReadAsync(stop).ConfigureAwait(false))
                entries.Add(new UsageEntry(
                    row.GetInt32(0), PostgresText.Read(row.GetString(1)), PostgresText.Read(row.GetString(2)), PostgresText.Read(row.GetString(3)), PostgresText.Read(row.GetString(4)),
                    new UsageAmounts(row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11))));
            return UsageEntries.Page(entries, question.Most);

            int Next(object value)
            {
                values.Add(value);
                return values.Count;
            }
        }, cancellationToken);

    public async ValueTask MergeAsync(IReadOnlyList<UsageEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.Count > 0)
            await RunAsync(
                async (connection, stop) =>
                {
                    await using var command = connection.Statement(Greater, Columns(entries, static (a, b) => a.Greater(b)));
                    return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
                }, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<int> ForgetAsync(int day, int sourcesBefore, CancellationToken cancellationToken) => RunAsync(
        async (connection, stop) =>
        {
            await using (var sources = connection.Statement("DELETE FROM usage_sources WHERE day < $1", sourcesBefore))
                await sources.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
            await using var command = connection.Statement("DELETE FROM usage WHERE day < $1", day);
            return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        }, cancellationToken);

    private static object[] Columns(IReadOnlyList<UsageEntry> entries, Func<UsageAmounts, UsageAmounts, UsageAmounts> both)
    {
        var rows = UsageEntries.Gathered(entries, both);
        return
        [
            rows.Select(row => row.Day).ToArray(), Texts(row => row.Tenant), Texts(row => row.User), Texts(row => row.Key), Texts(row => row.Operation),
            Numbers(a => a.Requests), Numbers(a => a.PromptTokens), Numbers(a => a.CompletionTokens), Numbers(a => a.Texts), Numbers(a => a.EmbeddedTokens), Numbers(a => a.Documents), Numbers(a => a.Bytes),
        ];

        string[] Texts(Func<UsageEntry, string> of) => rows.Select(row => PostgresText.Write(of(row))).ToArray();
        long[] Numbers(Func<UsageAmounts, long> of) => rows.Select(row => of(row.Amounts)).ToArray();
    }

    // Each of these does the same when it is done again.
    private async ValueTask<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        return await source.RunAsync(work, cancellationToken, repeatable: true).ConfigureAwait(false);
    }
}
