using Npgsql;
using Rag.Engines.Postgres;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance;

/// <summary>A schema of its own on a PostgreSQL server, dropped at the end, and a pool on it.</summary>
internal sealed class PostgresSchema : IAsyncDisposable
{
    private PostgresSchema(string connection, TimeSpan timeout, int pool)
    {
        Connection = connection;
        Options = new PostgresOptions { Connection = connection, Schema = "t_" + Guid.NewGuid().ToString("N")[..12], Timeout = timeout, Pool = pool };
        Source = new PostgresSource(Options);
    }

    public string Connection { get; }

    public PostgresOptions Options { get; }

    public PostgresSource Source { get; }

    /// <summary>On the server that the assembly's tests share; skips where PostgreSQL isn't installed.</summary>
    public static async Task<PostgresSchema> MakeAsync(EngineServers servers)
    {
        var server = await servers.GetAsync("postgres");
        TestContext.Current.SendDiagnosticMessage(EngineServer.VersionOf("postgres"));
        return await OnAsync(server);
    }

    /// <summary>On a server of the test's own.</summary>
    public static async Task<PostgresSchema> OnAsync(EngineServer server, TimeSpan? timeout = null, int pool = 16)
    {
        var schema = new PostgresSchema($"Host=127.0.0.1;Port={server.Port};Username=postgres;Database=postgres", timeout ?? TimeSpan.FromSeconds(10), pool);
        // It listens before it answers.
        for (var until = Environment.TickCount64 + 30_000; ; await Task.Delay(20))
            try
            {
                await schema.AskAsync("SELECT 1");
                return schema;
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.CannotConnectNow && Environment.TickCount64 < until)
            {
                // It is starting.
            }
    }

    /// <summary>A pool of another process, as it were.</summary>
    public PostgresSource Other() => new(Options);

    /// <summary>Runs a statement beside the pool.</summary>
    public async Task<object?> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{Connection};Search Path={Options.Schema};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        try
        {
            await AskAsync($"DROP SCHEMA IF EXISTS {Options.Schema} CASCADE");
        }
        catch (NpgsqlException)
        {
            // The server of the test has ended.
        }
    }
}
