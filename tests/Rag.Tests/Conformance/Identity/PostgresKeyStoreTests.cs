using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Rag.Engines;
using Rag.Engines.Postgres;
using Rag.Engines.Postgres.Identity;
using Rag.Errors;
using Rag.Identity;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Identity;

public sealed class PostgresKeyStoreTests(EngineServers servers) : KeyStoreConformance
{
    private readonly List<PostgresSource> _others = [];
    private PostgresSchema? _schema;

    protected override async Task<IKeyStore> OpenAsync()
    {
        _schema ??= await PostgresSchema.MakeAsync(servers);
        _others.Add(_schema.Other());
        return new PostgresKeyStore(_others[^1], TimeProvider.System);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
            await other.DisposeAsync();
        if (_schema is not null)
            await _schema.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_is_down_is_unavailable_in_time_and_found_again()
    {
        await using var server = await EngineServer.StartAsync("postgres");
        await using var schema = await PostgresSchema.OnAsync(server);
        var store = new PostgresKeyStore(schema.Source, TimeProvider.System);
        await store.AddAsync([new NewKey(new Caller("ann", "t", 1), KeyHash.Of("key"))], default);
        await server.KillAsync();
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(async () => await store.FindAsync(KeyHash.Of("key"), default))).Error);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1.5));
        await server.StartAgainAsync();
        // No call fails because of connections that died: they are replaced.
        for (var until = Environment.TickCount64 + 10_000; ; await Task.Delay(50))
            try
            {
                Assert.NotNull(await store.FindAsync(KeyHash.Of("key"), default));
                break;
            }
            catch (RagException) when (Environment.TickCount64 < until)
            {
                // It is still recovering.
            }
    }

    [Fact]
    public async Task A_check_says_what_it_found_and_what_to_do_about_what_is_wrong()
    {
        var engine = new PostgresIdentityEngine();
        EngineContext With(string connection, string? schema = null) => new(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["postgres:connection"] = connection,
                ["postgres:schema"] = schema ?? _schema!.Options.Schema,
            }).Build(), Path.GetTempPath(), _ => true, TimeProvider.System);

        var before = await engine.CheckAsync(With(_schema!.Connection), default);
        Assert.StartsWith("PostgreSQL ", before[0].What, StringComparison.Ordinal);
        Assert.True(before[0].Works);
        Assert.False(before[1].Works);
        Assert.Contains("rag migrate", before[1].Remedy, StringComparison.Ordinal);
        Assert.NotEmpty(await engine.MigrateAsync(With(_schema.Connection), default));
        Assert.Empty(await engine.MigrateAsync(With(_schema.Connection), default));
        Assert.All(await engine.CheckAsync(With(_schema.Connection), default), finding => Assert.True(finding.Works, finding.What));

        Assert.Contains("Database", Assert.Single(await engine.CheckAsync(With(_schema.Connection.Replace("Database=postgres", "Database=none", StringComparison.Ordinal)), default)).Remedy!, StringComparison.Ordinal);
        Assert.Contains("host and port", Assert.Single(await engine.CheckAsync(With("Host=127.0.0.1;Port=1;Username=u;Password=secret"), default)).Remedy!, StringComparison.Ordinal);
        var unset = Assert.Single(await engine.CheckAsync(With("", "Upper"), default)).What;
        Assert.Contains("postgres:connection: nothing is set", unset, StringComparison.Ordinal);
        Assert.Contains("postgres:schema: 'Upper' is not permitted", unset, StringComparison.Ordinal);

        await _schema.AskAsync("INSERT INTO migrations(component, number) VALUES('identity', 99)");
        var newer = (await engine.CheckAsync(With(_schema.Connection), default))[1];
        Assert.Contains("at version 99, this program knows 2", newer.What, StringComparison.Ordinal);
        await using var source = _schema.Other();
        var refused = await Assert.ThrowsAsync<RagException>(async () => await new PostgresKeyStore(source, TimeProvider.System).ListAsync(default));
        Assert.Contains("use the newer program", refused.Message, StringComparison.Ordinal);
    }
}
