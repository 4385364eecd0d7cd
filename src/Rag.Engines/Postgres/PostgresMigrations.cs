using System.Globalization;
using Npgsql;

namespace Rag.Engines.Postgres;

/// <summary>
/// The tables of one engine, in numbered steps. Each step is done once, in order; what is done is noted in the table <c>migrations</c>. All missing steps go in one
/// transaction under an advisory lock, so processes that start together wait for each other, and a step that fails leaves nothing behind.
/// </summary>
/// <param name="component">Whose tables, such as <c>documents</c>.</param>
/// <param name="steps">SQL, the first is number 1. A step that was published is never changed; a further one is added. <c>{schema}</c> is replaced by the schema's name.</param>
public sealed class PostgresMigrations(string component, params IReadOnlyList<string> steps)
{
    private const string Notes =
        """
        CREATE TABLE IF NOT EXISTS migrations(
          component text NOT NULL, number integer NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY(component, number))
        """;

    // An index over a large table takes its time.
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(10);

    /// <summary>Whose tables.</summary>
    public string Component => component;

    /// <summary>The number that this program needs.</summary>
    public int Wanted => steps.Count;

    /// <summary>Does what is missing; nothing when all is there.</summary>
    /// <returns>What was done, a line each.</returns>
    /// <exception cref="InvalidOperationException">The tables are newer than this program.</exception>
    /// <exception cref="Errors.RagException">The server can't be reached or refuses.</exception>
    public async ValueTask<IReadOnlyList<string>> ApplyAsync(PostgresSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        // The usual start finds all done and needs no lock.
        if (await PresentAsync(source, cancellationToken).ConfigureAwait(false) == Wanted)
            return [];
        return await source.RunAsync((connection, stop) => ApplyAsync(connection, source.Options.Schema, stop), cancellationToken, repeatable: true, within: LongestStep).ConfigureAwait(false);
    }

    /// <summary>The number that the database is at; 0 where there is nothing.</summary>
    public ValueTask<int> PresentAsync(PostgresSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.RunAsync((connection, stop) => PresentAsync(connection, source.Options.Schema, stop), cancellationToken, repeatable: true);
    }

    private async ValueTask<IReadOnlyList<string>> ApplyAsync(NpgsqlConnection connection, string schema, CancellationToken stop)
    {
        await using var transaction = await connection.BeginTransactionAsync(stop).ConfigureAwait(false);
        await RunAsync(connection, $"SELECT pg_advisory_xact_lock({PostgresLocks.Of("migrations", schema)})", stop).ConfigureAwait(false);
        var done = new List<string>();
        // CREATE … IF NOT EXISTS asks for the right to create even where there is nothing to do.
        if (await ScalarAsync(connection, $"SELECT to_regnamespace('{schema}') IS NULL", stop).ConfigureAwait(false) is true)
        {
            await RunAsync(connection, $"CREATE SCHEMA {schema}", stop).ConfigureAwait(false);
            done.Add($"made the schema {schema}");
        }

        if (await ScalarAsync(connection, $"SELECT to_regclass('{schema}.migrations') IS NULL", stop).ConfigureAwait(false) is true)
            await RunAsync(connection, Notes, stop).ConfigureAwait(false);
        var present = await PresentAsync(connection, schema, stop).ConfigureAwait(false);
        if (present > Wanted)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"PostgreSQL, schema {schema}: the tables of {component} are at version {present}, this program knows version {Wanted}; use the newer program, or another postgres:schema"));
        for (var number = present + 1; number <= Wanted; number++)
        {
            await RunAsync(connection, steps[number - 1].Replace("{schema}", schema, StringComparison.Ordinal), stop).ConfigureAwait(false);
            await RunAsync(connection, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO migrations(component, number) VALUES('{component}', {number})"), stop).ConfigureAwait(false);
            done.Add(string.Create(CultureInfo.InvariantCulture, $"brought the tables of {component} in the schema {schema} to version {number}"));
        }

        await transaction.CommitAsync(stop).ConfigureAwait(false);
        return done;
    }

    private async ValueTask<int> PresentAsync(NpgsqlConnection connection, string schema, CancellationToken stop)
    {
        if (await ScalarAsync(connection, $"SELECT to_regclass('{schema}.migrations') IS NULL", stop).ConfigureAwait(false) is true)
            return 0;
        return (int)(await ScalarAsync(connection, $"SELECT coalesce(max(number), 0) FROM {schema}.migrations WHERE component='{component}'", stop).ConfigureAwait(false))!;
    }

    private static async ValueTask RunAsync(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
    }

    private static async ValueTask<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(stop).ConfigureAwait(false);
    }
}
