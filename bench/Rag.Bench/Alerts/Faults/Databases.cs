using System.Globalization;
using Npgsql;

namespace Rag.Bench.Alerts.Faults;

/// <summary>Somebody else's transactions in the system's database.</summary>
internal static class Databases
{
    private const string Engine = "pgvector";

    public static Episode VectorsLocked { get; } = new(
        "another session locks the table of vectors for 1.5 s, every 2 s", [new("VectorDatabaseLocks")],
        (stage, _) => Task.FromResult(Lock(stage, "rag.vector_chunks", TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(0.5))));

    public static Episode DocumentsLocked { get; } = new(
        "another session locks the table of documents for 4 s, every 4.5 s, while twelve users look at documents; a process has 4 connections", [new("ConnectionPoolExhaustion")],
        (stage, _) => Task.FromResult(Undo.All(
            Lock(stage, "rag.documents", TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(0.5)),
            Visitors.Come(12, TimeSpan.FromMilliseconds(100), stage.Http, async (who, time, _, ending) =>
                (await stage.Http.GetAsync($"/documents/base-{(12 * time + who) % Stage.Documents}", ending)).Dispose()))));

    private static IAsyncDisposable Lock(Stage stage, string table, TimeSpan held, TimeSpan free) => Undo.Running(async stop =>
    {
        var port = stage.Engines![Engine].Port.ToString(CultureInfo.InvariantCulture);
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={port};Database=postgres;Username=postgres;Pooling=false;Application Name=bench;Timeout=5");
        await connection.OpenAsync(stop);
        while (true)
        {
            await using (var transaction = await connection.BeginTransactionAsync(stop))
            {
                await using var command = new NpgsqlCommand($"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", connection, transaction);
                await command.ExecuteNonQueryAsync(stop);
                await Task.Delay(held, stop);
            }

            await Task.Delay(free, stop);
        }
    });
}
