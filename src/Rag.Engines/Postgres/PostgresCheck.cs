using Rag.Errors;

namespace Rag.Engines.Postgres;

/// <summary>What <c>rag check</c> and <c>rag migrate</c> do for every engine on PostgreSQL.</summary>
internal static class PostgresCheck
{
    /// <summary>Connects and looks at an engine's tables. Changes nothing.</summary>
    /// <param name="context">All that the process knows.</param>
    /// <param name="migrations">The engine's tables.</param>
    /// <param name="further">More findings, asked for once the server answers.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public static async ValueTask<IReadOnlyList<Finding>> CheckAsync(
        EngineContext context, PostgresMigrations migrations, Func<PostgresSource, CancellationToken, ValueTask<IReadOnlyList<Finding>>>? further, CancellationToken cancellationToken)
    {
        PostgresOptions options;
        try
        {
            options = PostgresOptions.Read(context);
        }
        catch (InvalidOperationException error)
        {
            return [new Finding(false, error.Message, "set it, and start again")];
        }

        await using var source = new PostgresSource(options);
        var findings = new List<Finding>();
        try
        {
            var version = await source.RunAsync((connection, _) => new ValueTask<string>(connection.PostgreSqlVersion.ToString()), cancellationToken).ConfigureAwait(false);
            findings.Add(new Finding(true, $"PostgreSQL {version} at {options}"));
            findings.Add(await TablesAsync(source, migrations, cancellationToken).ConfigureAwait(false));
            if (further is not null)
                findings.AddRange(await further(source, cancellationToken).ConfigureAwait(false));
        }
        catch (RagException error)
        {
            findings.Add(new Finding(false, $"PostgreSQL at {options}: {error.Message}{Cause(error)}", Remedy(error)));
        }

        return findings;
    }

    /// <summary>Brings an engine's tables to what this program needs.</summary>
    public static async ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, PostgresMigrations migrations, CancellationToken cancellationToken)
    {
        await using var source = new PostgresSource(PostgresOptions.Read(context));
        return await migrations.ApplyAsync(source, cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<Finding> TablesAsync(PostgresSource source, PostgresMigrations migrations, CancellationToken stop)
    {
        var (present, wanted, schema) = (await migrations.PresentAsync(source, stop).ConfigureAwait(false), migrations.Wanted, source.Options.Schema);
        return present == wanted ? new Finding(true, $"the tables of {migrations.Component} in the schema {schema} are at version {present}")
            : present < wanted ? new Finding(false, $"the tables of {migrations.Component} in the schema {schema} are at version {present}, this program needs {wanted}", "run 'rag migrate'; a start of the service does it as well")
            : new Finding(false, $"the tables of {migrations.Component} in the schema {schema} are at version {present}, this program knows {wanted}", "use the newer program, or another postgres:schema");
    }

    private static string Cause(RagException error) => error.InnerException is Npgsql.PostgresException refused ? $" ({refused.SqlState}: {refused.MessageText})"
        : error.InnerException?.InnerException is System.Net.Sockets.SocketException socket ? $" ({socket.Message})" : "";

    private static string Remedy(RagException error) => (error.InnerException as Npgsql.PostgresException)?.SqlState switch
    {
        "28P01" or "28000" => "mend user and password in postgres:connection (RAG_POSTGRES__CONNECTION), or pg_hba.conf on the server",
        "3D000" => "create the database (createdb), or mend Database in postgres:connection",
        "42501" => "grant the user what is missing: CREATE on the database for the first start, then the schema's tables",
        "53300" => "raise max_connections on the server, or lower postgres:pool",
        _ => "start the server, or mend host and port in postgres:connection",
    };
}
