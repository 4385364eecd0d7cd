using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Documents;
using Rag.Engines.Postgres;
using Rag.Ingestion;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Documents;

/// <summary>Two documents processes on one database: each has a pool, a service and a queue of its own.</summary>
public sealed class PostgresSharedTests(EngineServers servers) : IAsyncLifetime
{
    private PostgresSchema _schema = null!;
    private PostgresSource _secondSource = null!;
    private DocumentsUnderTest _first = null!;
    private DocumentsUnderTest _second = null!;

    public async ValueTask InitializeAsync()
    {
        _schema = await PostgresSchema.MakeAsync(servers);
        _secondSource = _schema.Other();
        // Both make the tables at once.
        _first = new(DocumentsUnderTest.On(_schema.Source), new DocumentsOptions(), TimeProvider.System);
        _second = new(DocumentsUnderTest.On(_secondSource), new DocumentsOptions(), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        await _secondSource.DisposeAsync();
        await _schema.DisposeAsync();
    }

    [Fact]
    public async Task Uploads_that_race_on_one_id_in_two_processes_become_versions_without_gaps()
    {
        var uploads = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () => await (i % 2 == 0 ? _first : _second).PutAsync("same", $"text {i}"))));
        Assert.Equal(Enumerable.Range(1, 200), uploads.Select(u => u.Version).Order());
        Assert.Equal((200, DocumentState.Queued), await _first.StandAsync("same"));
        Assert.Equal((200, DocumentState.Queued), await _second.StandAsync("same"));
    }

    [Fact]
    public async Task Each_job_is_handed_out_once_to_workers_that_race_in_two_processes()
    {
        const int Documents = 400;
        await Task.WhenAll(Enumerable.Range(0, Documents).Select(i => Task.Run(async () => await (i % 2 == 0 ? _first : _second).PutAsync($"d{i}"))));
        var claimed = new ConcurrentBag<long>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var process = worker % 2 == 0 ? _first : _second;
            while (await process.Queue.ClaimAsync(new IngestionClaim($"worker {worker}", "1", 7, TimeSpan.FromSeconds(1)), default) is { Count: > 0 } jobs)
            {
                foreach (var job in jobs)
                    claimed.Add(job.JobId);
                // What one process handed out may be reported to the other.
                await (worker % 3 == 0 ? _first : _second).CompleteAsync(jobs);
            }
        })));
        Assert.Equal(Documents, claimed.Count);
        Assert.Equal(Documents, claimed.Distinct().Count());
        Assert.Equal(new DocumentsState(Documents, 0, TimeSpan.Zero, 0), await _first.Service.DescribeAsync(default));
    }

    [Fact]
    public async Task Two_jobs_of_one_document_are_never_out_together_while_uploads_and_claims_race()
    {
        var held = new ConcurrentDictionary<string, int>();
        var last = new ConcurrentDictionary<string, int>();
        var uploading = Task.WhenAll(Enumerable.Range(0, 300).Select(i => Task.Run(async () => await (i % 2 == 0 ? _first : _second).PutAsync($"d{i % 3}"))));
        var workers = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            var process = worker % 2 == 0 ? _first : _second;
            while (true)
            {
                var done = uploading.IsCompleted;
                var jobs = await process.Queue.ClaimAsync(new IngestionClaim($"worker {worker}", "1", 2, TimeSpan.FromMilliseconds(500)), default);
                if (jobs.Count == 0 && done)
                    return;
                foreach (var job in jobs)
                {
                    Assert.True(held.TryAdd(job.DocumentId, worker), $"{job.DocumentId} is held twice");
                    Assert.True(job.Version > last.GetValueOrDefault(job.DocumentId), "a version came after a newer one");
                    last[job.DocumentId] = job.Version;
                }

                await Task.Yield();
                foreach (var job in jobs)
                    held.TryRemove(job.DocumentId, out _);
                await process.CompleteAsync(jobs);
            }
        })).ToArray();
        await Task.WhenAll(workers);
        await uploading;
        Assert.All((string[])["d0", "d1", "d2"], id => Assert.Equal(100, last[id]));
        foreach (var id in last.Keys)
            Assert.Equal((100, DocumentState.Searchable), await _second.StandAsync(id));
    }

    [Fact]
    public async Task A_status_is_never_older_than_what_the_other_process_acknowledged()
    {
        for (var version = 1; version <= 20; version++)
        {
            await _first.PutAsync("a");
            Assert.Equal((version, DocumentState.Queued), await _second.StandAsync("a"));
            var jobs = await _second.ClaimAsync();
            Assert.Equal((version, DocumentState.Processing), await _first.StandAsync("a"));
            await _second.CompleteAsync(jobs);
            Assert.Equal((version, DocumentState.Searchable), await _first.StandAsync("a"));
        }

        Assert.True(await _second.Service.DeleteAsync("t", "a", null, default));
        Assert.Null(await _first.StatusAsync("a"));
    }

    [Fact]
    public async Task What_one_process_deleted_never_returns_by_the_other()
    {
        for (var i = 0; i < 20; i++)
        {
            await _first.PutAsync("d" + i);
            var job = Assert.Single(await _second.ClaimAsync());
            await Task.WhenAll(_first.Service.DeleteAsync("t", "d" + i, null, default).AsTask(), _second.CompleteAsync([job]).AsTask());
            Assert.Null(await _second.StatusAsync("d" + i));
            Assert.Equal((IngestionKind.Delete, 2), (await _first.IngestAsync()).Select(j => (j.Kind, j.Version)).Single());
            await _second.CompleteAsync([job]); // once more, late
            Assert.Null(await _first.Service.GetAsync("t", "d" + i, default));
        }

        Assert.Equal(new DocumentsState(0, 0, TimeSpan.Zero, 0), await _first.Service.DescribeAsync(default));
    }

    [Fact]
    public async Task A_workers_next_run_takes_over_in_the_other_process()
    {
        await _first.PutAsync("a");
        var held = Assert.Single(await _first.ClaimAsync(run: "1"));
        Assert.True(await _second.NothingIsReadyAsync());
        Assert.Equal(held.JobId, Assert.Single(await _second.ClaimAsync(run: "2")).JobId);
    }

    [Fact]
    public async Task A_claim_that_waits_hears_of_an_upload_in_the_other_process_sooner_than_it_would_look_again()
    {
        var waits = new List<TimeSpan>();
        for (var i = 0; i < 9; i++)
        {
            var claim = _second.ClaimAsync();
            await Task.Delay(20 * i, TestContext.Current.CancellationToken); // at several moments of the second
            var started = Stopwatch.GetTimestamp();
            await _first.PutAsync("d" + i);
            var jobs = await claim;
            waits.Add(Stopwatch.GetElapsedTime(started));
            await _second.CompleteAsync(jobs);
        }

        waits.Sort();
        Assert.True(waits[4] < TimeSpan.FromMilliseconds(300), $"the median of 9 was {waits[4].TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task How_much_waits_is_known_to_both_within_two_seconds()
    {
        await _first.PutAsync("a");
        await _first.PutAsync("b");
        for (var until = Environment.TickCount64 + 5_000; _second.Service.Memory.Board.Depth != 2; await Task.Delay(20))
            Assert.True(Environment.TickCount64 < until, $"the other process still counts {_second.Service.Memory.Board.Depth}");
        await _second.IngestAsync();
        for (var until = Environment.TickCount64 + 5_000; _first.Service.Memory.Board.Depth != 0; await Task.Delay(20))
            Assert.True(Environment.TickCount64 < until, $"the process still counts {_first.Service.Memory.Board.Depth}");
    }
}
