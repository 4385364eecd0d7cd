using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Rag.Hosting;
using Rag.Vectors.Moves;

namespace Rag.Engines.Postgres.Vectors;

/// <summary>PostgreSQL with pgvector as the engine of vectors. Several processes may work on it at a time.</summary>
internal sealed class PostgresVectorsEngine : Engine
{
    private static readonly Version OldestExtension = new(0, 8);

    public override string Seam => "vectors";

    public override string Name => "pgvector";

    public override string Description => "PostgreSQL with the extension pgvector, 0.8 or later";

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => PostgresOptions.Settings;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        PostgresSource.Add(services, context);
        services.AddVectors(MoveSettings.Read(context.Configuration), provider => new PostgresIndexes(provider.GetRequiredService<PostgresSource>()));
    }

    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.CheckAsync(context, VectorTables.Migrations, LookAsync, cancellationToken);

    public override ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, CancellationToken cancellationToken) =>
        PostgresCheck.MigrateAsync(context, VectorTables.Migrations, cancellationToken);

    private static ValueTask<IReadOnlyList<Finding>> LookAsync(PostgresSource source, CancellationToken cancellationToken) => source.RunAsync<IReadOnlyList<Finding>>(async (connection, stop) =>
    {
        var findings = new List<Finding> { Extension(await AskAsync(connection, "SELECT coalesce(installed_version, default_version) FROM pg_available_extensions WHERE name = 'vector'", stop).ConfigureAwait(false)) };
        if (await AskAsync(connection, "SELECT to_regclass('vector_plan')::text", stop).ConfigureAwait(false) is not null)
        {
            var plan = await PostgresIndexes.ReadPlanAsync(connection, stop).ConfigureAwait(false) ?? VectorPlan.First;
            var model = plan.ActiveModel ?? await PostgresVectors.ReadModelAsync(connection, new VectorTables(plan.Active), stop).ConfigureAwait(false);
            findings.Add(new Finding(true, model is null ? "the index is empty"
                : $"the index holds vectors of {model.Words}{(plan.NextModel is { } next ? $" and moves to {next.Words}" : "")}"));
        }

        return findings;
    }, cancellationToken, repeatable: true);

    private static Finding Extension(string? version) =>
        version is null ? new Finding(false, "the server has no extension 'vector'", "install pgvector 0.8 or later on the server (its package, or eng/engines/pgvector.sh install)")
        : !Version.TryParse(version, out var number) || number < OldestExtension ? new Finding(false, $"pgvector {version}", "install pgvector 0.8 or later on the server, then ALTER EXTENSION vector UPDATE: earlier ones can't search on under a filter")
        : new Finding(true, $"pgvector {version}");

    private static async ValueTask<string?> AskAsync(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = connection.Statement(sql);
        return await command.ExecuteScalarAsync(stop).ConfigureAwait(false) as string;
    }
}
