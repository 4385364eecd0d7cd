using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Rag.Documents;
using Rag.Engines.Postgres;
using Rag.Errors;
using Rag.Ingestion;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Documents;

/// <summary>A server of the test's own is killed, frozen and started again under uploads and claims.</summary>
public sealed class PostgresOutageTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private EngineServer? _server;
    private PostgresSchema _schema = null!;
    private DocumentsUnderTest _documents = null!;

    public async ValueTask InitializeAsync()
    {
        if (EngineServer.Missing("postgres") is { } why)
            Assert.Skip(why);
        _server = await EngineServer.StartAsync("postgres");
        _schema = await PostgresSchema.OnAsync(_server, Timeout, pool: 8);
        _documents = new(DocumentsUnderTest.On(_schema.Source), new DocumentsOptions(), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
            return;
        _documents.Dispose();
        await _schema.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task While_the_server_is_down_each_call_fails_in_time_as_unavailable_and_works_once_it_is_back()
    {
        await _documents.PutAsync("a");
        var job = Assert.Single(await _documents.ClaimAsync());
        await _server!.KillAsync();
        await FailsAsync(() => _documents.PutAsync("b").AsTask(), RagError.Unavailable, TimeSpan.FromSeconds(1.5));
        await FailsAsync(() => _documents.StatusAsync("a").AsTask(), RagError.Unavailable, TimeSpan.FromSeconds(1.5));
        await FailsAsync(() => _documents.Queue.ClaimAsync(new IngestionClaim("w", "1", 1, TimeSpan.Zero), default).AsTask(), RagError.Unavailable, TimeSpan.FromSeconds(1.5));
        await FailsAsync(() => _documents.CompleteAsync([job]).AsTask(), RagError.Unavailable, TimeSpan.FromSeconds(2));
        await _server.StartAgainAsync();
        await RecoversAsync(() => _documents.PutAsync("b").AsTask());
        // What could not be reported comes again soon, not when its lease ends.
        var ids = new HashSet<string>();
        while (ids.Count < 2)
            foreach (var again in await _documents.IngestAsync())
                ids.Add(again.DocumentId);
        Assert.Equal(["a", "b"], ids.Order());
        Assert.Equal((1, DocumentState.Searchable), await _documents.StandAsync("a"));
    }

    [Fact]
    public async Task A_frozen_server_fails_each_call_in_time_and_what_it_thaws_with_is_consistent()
    {
        await _documents.PutAsync("a");
        _server!.Freeze();
        var bound = Timeout + TimeSpan.FromSeconds(2.5);
        await FailsAsync(() => _documents.StatusAsync("a").AsTask(), null, bound);
        await FailsAsync(() => _documents.PutAsync("a").AsTask(), null, bound);
        await FailsAsync(() => _documents.PutAsync("a").AsTask(), null, bound);
        await FailsAsync(() => _documents.Queue.ClaimAsync(new IngestionClaim("w", "1", 1, TimeSpan.Zero), default).AsTask(), null, bound);
        _server.Thaw();
        await RecoversAsync(() => _documents.PutAsync("b").AsTask());
        // A version whose outcome nobody learnt may be there or not; all is of one piece.
        var (version, _) = (await _documents.StandAsync("a"))!.Value;
        Assert.InRange(version, 1, 3);
        var jobs = new Dictionary<string, int>();
        while (jobs.Count < 2)
            foreach (var job in await _documents.IngestAsync())
                jobs[job.DocumentId] = job.Version;
        Assert.Equal((version, 1), (jobs["a"], jobs["b"]));
        Assert.Equal(version + 1, (await _documents.PutAsync("a")).Version);
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_server_is_killed_again_and_again_and_its_connections_stay_bounded()
    {
        var acknowledged = new ConcurrentDictionary<string, int>();
        var searchable = new ConcurrentDictionary<(string, int), byte>();
        using var stop = new CancellationTokenSource();
        var uploads = Enumerable.Range(0, 4).Select(user => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                try
                {
                    var id = $"u{user}-{i % 50}";
                    var accepted = await _documents.PutAsync(id, $"text {i}");
                    Assert.True(accepted.Version > acknowledged.GetValueOrDefault(id), "a version went back");
                    acknowledged[id] = accepted.Version;
                }
                catch (RagException)
                {
                    await Task.Delay(20);
                }
        })).ToArray();
        var workers = Enumerable.Range(0, 2).Select(worker => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                try
                {
                    var jobs = await _documents.Queue.ClaimAsync(new IngestionClaim($"worker {worker}", "1", 10, TimeSpan.FromMilliseconds(200)), default);
                    await _documents.CompleteAsync(jobs);
                    foreach (var job in jobs)
                        searchable[(job.DocumentId, job.Version)] = 0;
                }
                catch (RagException)
                {
                    await Task.Delay(20);
                }
        })).ToArray();
        for (var kill = 0; kill < 5; kill++)
        {
            await Task.Delay(400);
            await _server!.KillAsync();
            await Task.Delay(150);
            await _server.StartAgainAsync();
            var back = Stopwatch.GetTimestamp();
            var before = acknowledged.Values.Sum();
            while (acknowledged.Values.Sum() == before)
            {
                Assert.True(Stopwatch.GetElapsedTime(back) < TimeSpan.FromSeconds(20), "uploads did not go on");
                await Task.Delay(10);
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll([.. uploads, .. workers]);
        var drain = Stopwatch.GetTimestamp();
        while (await _documents.DepthAsync() > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(drain) < TimeSpan.FromSeconds(20), "jobs remain");
            await _documents.CompleteAsync(await _documents.Queue.ClaimAsync(new IngestionClaim("worker 0", "1", 100, TimeSpan.FromSeconds(1)), default));
        }

        Assert.True(acknowledged.Count > 50);
        foreach (var (id, version) in acknowledged)
        {
            var stand = (await _documents.StandAsync(id))!.Value;
            Assert.True(stand.Version >= version, $"{id}: version {version} was acknowledged, {stand.Version} is there");
            Assert.Equal(DocumentState.Searchable, stand.Status);
        }

        Assert.InRange(await ConnectionsAsync(), 1, 8);
        Assert.Equal((await _documents.Service.DescribeAsync(default)).Documents, acknowledged.Count);
    }

    [Fact]
    public async Task A_service_starts_while_the_server_is_down_and_works_once_it_is_up()
    {
        await _server!.KillAsync();
        await using var source = _schema.Other();
        using var documents = new DocumentsUnderTest(DocumentsUnderTest.On(source), new DocumentsOptions(), TimeProvider.System);
        await FailsAsync(() => documents.PutAsync("a").AsTask(), RagError.Unavailable, TimeSpan.FromSeconds(2));
        await _server.StartAgainAsync();
        await RecoversAsync(() => documents.PutAsync("a").AsTask());
        Assert.Equal("a", Assert.Single(await documents.ClaimAsync()).DocumentId);
    }

    [Fact]
    public async Task A_process_that_stands_still_in_the_middle_of_a_commit_does_not_keep_the_others_from_writing()
    {
        await _documents.PutAsync("a");
        await using var other = _schema.Other();
        using var store = DocumentsUnderTest.On(other);
        using var begun = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var still = Task.Run(() => store.Commit(t =>
        {
            begun.Set();
            goOn.Wait(TimeSpan.FromSeconds(30));
        }));
        Assert.True(begun.Wait(TimeSpan.FromSeconds(10)));
        // It has the lock; the server takes it back once its time is over.
        await RecoversAsync(() => _documents.PutAsync("a").AsTask());
        goOn.Set();
        Assert.IsType<RagException>(await Record.ExceptionAsync(() => still));
        Assert.Equal(2, (await _documents.StandAsync("a"))!.Value.Version);
    }

    [Fact]
    public async Task More_calls_at_a_time_than_connections_wait_and_none_is_opened_beyond_the_pool()
    {
        await _documents.PutAsync("a");
        var most = 0L;
        var calls = Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(async () => await _documents.StatusAsync("a"))));
        while (!calls.IsCompleted)
            most = Math.Max(most, await ConnectionsAsync());
        Assert.All(await calls, status => Assert.NotNull(status));
        Assert.InRange(most, 1, 8);
    }

    private async Task<long> ConnectionsAsync() =>
        (long)(await _schema.AskAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name='rag'"))!;

    private static async Task FailsAsync(Func<Task> call, RagError? expected, TimeSpan within)
    {
        var started = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<RagException>(call);
        var took = Stopwatch.GetElapsedTime(started);
        Assert.True(took < within, string.Create(CultureInfo.InvariantCulture, $"it took {took.TotalSeconds:0.00} s ({error.Message})"));
        if (expected is { } kind)
            Assert.Equal(kind, error.Error);
        else
            Assert.Contains(error.Error, (RagError[])[RagError.Unavailable, RagError.DeadlineExceeded]);
        Assert.IsNotType<NpgsqlException>(error);
    }

    private static async Task RecoversAsync(Func<Task> call)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(50))
            try
            {
                await call();
                return;
            }
            catch (RagException) when (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
            {
                // Not back yet.
            }
    }
}
