using Npgsql;
using Rag.Engines.Postgres;
using Rag.Engines.Postgres.Vectors;
using Rag.Tests.Engines;
using Rag.Vectors;

namespace Rag.Tests.Conformance.Vectors;

public sealed class PostgresVectorsTests(EngineServers servers) : VectorsConformance
{
    private readonly string _schema = "v" + Guid.NewGuid().ToString("N");
    private EngineServer _server = null!;
    private PostgresSource _source = null!;

    protected override string Engine => EngineServer.VersionOf("pgvector");

    protected override async ValueTask PrepareAsync()
    {
        _server = await servers.GetAsync("pgvector");
        _source = Source(_server, _schema);
        await ReadyAsync(_source);
    }

    /// <summary>PostgreSQL listens before it answers.</summary>
    internal static Task ReadyAsync(PostgresSource source) => Outages.UntilDoneAsync(async () =>
    {
        await using var connection = await source.OpenAsync(default);
    });

    internal override ValueTask<IVectors> OpenAsync() => new(new PostgresVectors(_source));

    protected override async ValueTask CleanAsync()
    {
        await using (var connection = await _source.OpenAsync(default))
        {
            await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE", connection);
            await drop.ExecuteNonQueryAsync();
        }

        await _source.DisposeAsync();
    }

    internal static PostgresSource Source(EngineServer server, string schema, double seconds = 20, int pool = 16) => new(new PostgresOptions
    {
        Connection = $"Host=127.0.0.1;Port={server.Port};Database=postgres;Username=postgres",
        Schema = schema,
        Timeout = TimeSpan.FromSeconds(seconds),
        Pool = pool,
    });
}

public sealed class PostgresVectorsOutageTests : VectorsOutageConformance
{
    protected override string Script => "pgvector";

    internal override IVectors Open(EngineServer server, TimeSpan timeout, int pool) => new PostgresVectors(PostgresVectorsTests.Source(server, "outage", timeout.TotalSeconds, pool));
}
