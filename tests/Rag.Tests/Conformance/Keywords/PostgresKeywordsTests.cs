using Npgsql;
using Rag.Engines.Postgres;
using Rag.Engines.Postgres.Keywords;
using Rag.Keywords;
using Rag.Tests.Conformance.Vectors;
using Rag.Tests.Engines;

namespace Rag.Tests.Conformance.Keywords;

public sealed class PostgresKeywordsTests(EngineServers servers) : KeywordsConformance
{
    private readonly string _schema = "k" + Guid.NewGuid().ToString("N");
    private PostgresSource _source = null!;

    protected override string Engine => EngineServer.VersionOf("postgres");

    protected override async ValueTask PrepareAsync()
    {
        _source = PostgresVectorsTests.Source(await servers.GetAsync("postgres"), _schema);
        await PostgresVectorsTests.ReadyAsync(_source);
    }

    internal override ValueTask<IKeywords> OpenAsync() => new(new PostgresKeywords(_source, new KeywordsOptions(), TimeProvider.System));

    protected override async ValueTask CleanAsync()
    {
        await using (var connection = await _source.OpenAsync(default))
        {
            await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS {_schema} CASCADE", connection);
            await drop.ExecuteNonQueryAsync();
        }

        await _source.DisposeAsync();
    }
}

public sealed class PostgresKeywordsOutageTests : KeywordsOutageConformance
{
    protected override string Script => "postgres";

    internal override IKeywords Open(EngineServer server, TimeSpan timeout, int pool) =>
        new PostgresKeywords(PostgresVectorsTests.Source(server, "outage", timeout.TotalSeconds, pool), new KeywordsOptions(), TimeProvider.System);
}
