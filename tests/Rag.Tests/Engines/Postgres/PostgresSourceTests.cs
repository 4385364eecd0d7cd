using System.Diagnostics;
using System.Diagnostics.Metrics;
using Npgsql;
using Rag.Engines.Postgres;
using Rag.Errors;
using Rag.Tests.Conformance;
using Xunit;

namespace Rag.Tests.Engines.Postgres;

public sealed class PostgresSourceTests(EngineServers servers)
{
    [Fact]
    public async Task A_full_pool_refuses_within_its_second_as_overloaded_and_serves_again()
    {
        await using var schema = await PostgresSchema.MakeAsync(servers);
        await using var source = new PostgresSource(schema.Options with { Pool = 4 });
        var held = new List<NpgsqlConnection>();
        for (var i = 0; i < 4; i++)
            held.Add(await source.OpenAsync(default));
        var started = Stopwatch.GetTimestamp();
        var refused = await Assert.ThrowsAsync<RagException>(async () => await source.OpenAsync(default));
        Assert.Equal(RagError.Overloaded, refused.Error);
        Assert.Contains("postgres:pool", refused.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.5, 3);
        foreach (var connection in held)
            await connection.DisposeAsync();
        Assert.Equal(1, await OneAsync(source));
    }

    [Fact]
    public async Task The_pool_tells_how_many_are_used_and_how_long_callers_waited()
    {
        await using var schema = await PostgresSchema.MakeAsync(servers);
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name.StartsWith("rag.postgres.", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Note(instrument.Name, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Note(instrument.Name, value));
        listener.Start();
        await using (await schema.Source.OpenAsync(default))
        {
            listener.RecordObservableInstruments();
            Assert.True(Read("rag.postgres.used") >= 1);
        }

        listener.RecordObservableInstruments();
        Assert.True(Read("rag.postgres.idle") >= 1);
        Assert.True(Read("rag.postgres.wait") > 0);
        Assert.True(Read("rag.postgres.pending") >= 0);

        void Note(string name, double value)
        {
            lock (seen)
                seen[name] = value;
        }

        double Read(string name)
        {
            lock (seen)
                return seen[name];
        }
    }

    [Fact]
    public async Task A_call_that_takes_too_long_ends_with_its_time_and_the_callers_own_end_comes_first()
    {
        await using var schema = await PostgresSchema.MakeAsync(servers);
        await using var source = new PostgresSource(schema.Options with { Timeout = TimeSpan.FromSeconds(0.5) });
        await OneAsync(source);
        var started = Stopwatch.GetTimestamp();
        var late = await Assert.ThrowsAsync<RagException>(async () => await AskAsync(source, "SELECT 1 FROM pg_sleep(60)", default));
        Assert.Equal(RagError.DeadlineExceeded, late.Error);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(3));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await AskAsync(source, "SELECT 1 FROM pg_sleep(60)", stop.Token));
        Assert.Equal(1, await OneAsync(source));
    }

    [Fact]
    public async Task Steps_are_done_once_however_many_start_together_and_one_that_fails_leaves_nothing()
    {
        await using var schema = await PostgresSchema.MakeAsync(servers);
        var first = new PostgresMigrations("thing", "CREATE TABLE thing(a integer)");
        var done = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => first.ApplyAsync(schema.Source, default).AsTask()));
        Assert.Equal([$"made the schema {schema.Options.Schema}", $"brought the tables of thing in the schema {schema.Options.Schema} to version 1"], done.SelectMany(lines => lines));

        var broken = new PostgresMigrations("thing", "CREATE TABLE thing(a integer)", "CREATE TABLE further(b integer)", "SELECT nonsense");
        await Assert.ThrowsAsync<RagException>(async () => await broken.ApplyAsync(schema.Source, default));
        Assert.Equal(1, await first.PresentAsync(schema.Source, default));
        Assert.Equal(DBNull.Value, await schema.AskAsync($"SELECT to_regclass('{schema.Options.Schema}.further')::text"));

        var mended = new PostgresMigrations("thing", "CREATE TABLE thing(a integer)", "CREATE TABLE further(b integer)");
        Assert.Single(await mended.ApplyAsync(schema.Source, default));
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(async () => await first.ApplyAsync(schema.Source, default));
        Assert.Contains("at version 2, this program knows version 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_show_no_password()
    {
        var options = new PostgresOptions { Connection = "Host=db;Port=5433;Database=rag;Username=u;Password=secret" };
        Assert.Equal("db:5433/rag, schema rag, pool 16", options.ToString());
    }

    private static ValueTask<int> OneAsync(PostgresSource source) => AskAsync(source, "SELECT 1", default);

    private static ValueTask<int> AskAsync(PostgresSource source, string sql, CancellationToken stop) => source.RunAsync(
        async (connection, limit) =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return (int)(await command.ExecuteScalarAsync(limit))!;
        }, stop);
}
