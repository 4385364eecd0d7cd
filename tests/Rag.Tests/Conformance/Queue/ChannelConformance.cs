using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Errors;
using Rag.Ingestion;
using Rag.Tests.Engines;
using Rag.Tests.Traces;
using Rag.Traces;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

/// <summary>What a broker between outbox and ingestion may do without harm: repeat, lose, refuse; and what it must tell.</summary>
public abstract class ChannelConformance : QueueConformance
{
    [Fact]
    public async Task Notices_told_twice_or_of_nothing_and_what_is_no_notice_harm_nobody()
    {
        await using var house = await OpenAsync();
        var channel = house.Channel!;
        var worker = house.NewWorker();
        await channel.PutGarbageAsync();
        await house.PutAsync("a");
        var first = Assert.Single(await worker.ClaimAsync());
        var notice = new JobNotice("t", "a", first.JobId, 1, IngestionKind.Index, TimeProvider.System.GetUtcNow());
        await channel.Announcer.AnnounceAsync([notice, notice, notice with { DocumentId = "never there" }, notice with { Tenant = "nobody" }], default);
        Assert.True(await worker.NothingComesAsync()); // it is in hand
        await worker.EndAsync(first);
        await channel.Announcer.AnnounceAsync([notice], default);
        Assert.True(await worker.NothingComesAsync()); // it is done
        await house.PutAsync("b");
        await worker.EndAsync(Assert.Single(await worker.ClaimAsync()));
        Assert.True(await worker.NothingComesAsync()); // a worker comes again: what came together with b and was nothing is let go then
        await NothingWaitsAsync(channel);
    }

    [Fact]
    public async Task A_notice_carries_the_trace_of_its_upload()
    {
        using var spans = new SpanWatch();
        var told = new ConcurrentBag<JobNotice>();
        await using var house = await OpenAsync(wrap: inner => new WrappedAnnouncer(inner, notices =>
        {
            foreach (var notice in notices)
                told.Add(notice);
            return notices;
        }));
        var worker = house.NewWorker();
        using (Spans.Begin("request", ActivityKind.Server, "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
            await house.PutAsync("a");
        await worker.EndAsync(Assert.Single(await worker.ClaimAsync()));
        var one = told.First();
        Assert.StartsWith("00-1af7651916cd43dd8448eb211c80319c-", one.TraceParent, StringComparison.Ordinal);
        Assert.Equal(one, JobNotice.Read(one.ToBytes()));
        Assert.Equal(one with { TraceParent = null }, JobNotice.Read((one with { TraceParent = null }).ToBytes())); // as older relays write it
    }

    [Fact]
    public async Task What_the_broker_lost_is_announced_again()
    {
        var losing = true;
        await using var house = await OpenAsync(
            again: TimeSpan.FromSeconds(1), wrap: inner => new WrappedAnnouncer(inner, notices => losing ? [] : notices));
        var worker = house.NewWorker();
        await house.PutAsync("a");
        await house.PutAsync("b");
        Assert.True(await worker.NothingComesAsync());
        losing = false;
        worker.Die();
        Assert.Equal(["a", "b"], (await house.DrainAsync()).Select(job => job.DocumentId).Order());
    }

    [Fact]
    public async Task What_the_broker_refused_is_announced_when_it_takes_it()
    {
        var refusals = 3;
        await using var house = await OpenAsync(again: TimeSpan.FromMinutes(10), wrap: inner => new WrappedAnnouncer(
            inner, notices => Interlocked.Decrement(ref refusals) >= 0 ? throw new RagException(RagError.Unavailable, "refused") : notices));
        await house.PutAsync("a");
        await house.PutAsync("b");
        Assert.Equal(["a", "b"], (await house.DrainAsync()).Select(job => job.DocumentId).Order());
    }

    [Fact]
    public async Task The_lag_is_told_in_messages_and_seconds_and_counts_what_is_in_hand()
    {
        await using var house = await OpenAsync(again: TimeSpan.FromMinutes(10));
        var channel = house.Channel!;
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 7; i++)
            await house.PutAsync($"d{i}");
        await QueueHouse.Until(async () => await DescribeAsync(channel) is { Messages: 7 }, "seven notices wait");
        var worker = house.NewWorker();
        var jobs = new List<IngestionJob>();
        while (jobs.Count < 7)
            jobs.AddRange(await worker.ClaimAsync(3));
        await QueueHouse.Until(async () => await DescribeAsync(channel) is { Messages: 7 }, "seven in hand still count");
        await QueueHouse.Until(async () => (await DescribeAsync(channel))?.Age > TimeSpan.FromSeconds(1), "the oldest is a second old");
        Assert.InRange((await channel.Announcer.DescribeAsync(default)).Age, TimeSpan.FromSeconds(1), clock.Elapsed + TimeSpan.FromSeconds(1));
        foreach (var job in jobs)
            await worker.EndAsync(job);
        await NothingWaitsAsync(channel);
        Assert.Equal(TimeSpan.Zero, (await channel.Announcer.DescribeAsync(default)).Age);
    }

    [Fact]
    public async Task Workers_that_come_and_go_lose_and_repeat_nothing()
    {
        await using var house = await OpenAsync(new Rag.Documents.DocumentsOptions { Lease = TimeSpan.FromSeconds(5), RetryDelay = TimeSpan.FromMilliseconds(20), MaxAttempts = 50 });
        for (var i = 0; i < 400; i++)
            await house.PutAsync($"d{i}", $"text {i}");
        var done = new List<string>();
        for (var turn = 0; turn < 4; turn++)
        {
            // One does its work, one dies with it in its hands; both leave while much waits.
            var (good, bad) = (house.NewWorker($"good {turn}"), house.NewWorker($"bad {turn}"));
            var (work, loss) = (good.ClaimAsync(20, TimeSpan.FromSeconds(1)), bad.ClaimAsync(20, TimeSpan.FromSeconds(1)));
            await loss;
            foreach (var job in await work)
            {
                await good.EndAsync(job);
                done.Add(job.DocumentId);
            }

            bad.Die();
            good.Die();
        }

        done.AddRange((await house.DrainAsync(workers: 2)).Select(job => job.DocumentId));
        Assert.Equal(400, done.Count);
        Assert.Equal(400, done.Distinct().Count());
        for (var i = 0; i < 400; i += 37)
            await house.AssertSearchableAsync($"d{i}", 1, $"text {i}");
    }

    [Fact]
    public async Task A_worker_that_lives_and_does_nothing_keeps_no_work_from_the_others()
    {
        await using var house = await OpenAsync(again: TimeSpan.FromSeconds(1));
        var stuck = house.NewWorker("stuck");
        Assert.True(await stuck.NothingComesAsync());
        for (var i = 0; i < 40; i++)
            await house.PutAsync($"d{i}");
        Assert.Equal(40, (await house.DrainAsync()).Count);
    }

    internal static Task NothingWaitsAsync(QueueChannel channel) =>
        QueueHouse.Until(async () => await DescribeAsync(channel) is { Messages: 0 }, "nothing waits in the broker");

    // A topic that nobody wrote to yet may be unknown.
    private static async Task<JobChannelState?> DescribeAsync(QueueChannel channel)
    {
        try
        {
            return await channel.Announcer.DescribeAsync(default);
        }
        catch (RagException)
        {
            return null;
        }
    }

    private sealed class WrappedAnnouncer(IJobAnnouncer inner, Func<IReadOnlyList<JobNotice>, IReadOnlyList<JobNotice>> pass) : IJobAnnouncer
    {
        public ValueTask AnnounceAsync(IReadOnlyList<JobNotice> notices, CancellationToken cancellationToken) =>
            pass(notices) is { Count: > 0 } passed ? inner.AnnounceAsync(passed, cancellationToken) : ValueTask.CompletedTask;

        public ValueTask BuryAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) => inner.BuryAsync(letters, cancellationToken);

        public ValueTask<JobChannelState> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);
    }
}

/// <summary>What a real broker goes through: death, a freeze, the loss of all it knew.</summary>
public abstract class BrokerConformance : ChannelConformance
{
    /// <summary>The engine's script.</summary>
    internal abstract string Engine { get; }

    /// <summary>A channel on a server.</summary>
    internal abstract QueueChannel ChannelOn(EngineServer server);

    [Fact]
    public async Task Its_name_and_version_are_known()
    {
        Assert.NotEmpty(EngineServer.VersionOf(Engine));
        TestContext.Current.TestOutputHelper?.WriteLine(EngineServer.VersionOf(Engine));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broker_that_is_killed_under_load_costs_no_document_even_when_it_forgets_everything(bool forgets)
    {
        await using var server = await StartAsync();
        await using var house = await QueueHouse.OpenAsync(ChannelOn(server), again: TimeSpan.FromSeconds(3));
        var uploads = Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                await house.PutAsync($"d{i % 100}", $"text {i}");
                if (i == 150)
                {
                    await server.KillAsync();
                    if (forgets)
                        Directory.Delete(server.Data, recursive: true);
                }

                if (i == 250)
                    await server.StartAgainAsync();
            }
        });
        await house.DrainAsync(workers: 2, until: uploads);
        for (var i = 0; i < 100; i++)
            await house.AssertSearchableAsync($"d{i}", 3, $"text {200 + i}");
    }

    [Fact]
    public async Task A_frozen_broker_costs_a_call_its_time_out_and_no_document()
    {
        await using var server = await StartAsync();
        await using var house = await QueueHouse.OpenAsync(ChannelOn(server), again: TimeSpan.FromSeconds(3));
        await house.PutAsync("before");
        Assert.Single(await house.DrainAsync());
        server.Freeze();
        try
        {
            var clock = Stopwatch.StartNew();
            var error = await Assert.ThrowsAsync<RagException>(() =>
                house.Channel!.Announcer.AnnounceAsync([new JobNotice("t", "x", 1, 1, IngestionKind.Index, TimeProvider.System.GetUtcNow())], default).AsTask());
            Assert.True(error.Error is RagError.Unavailable or RagError.DeadlineExceeded, $"{error.Error}: {error.Message}");
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
            await house.PutAsync("meanwhile");
        }
        finally
        {
            server.Thaw();
        }

        await house.DrainAsync();
        await house.AssertSearchableAsync("meanwhile", 1, "text");
    }

    internal async Task<EngineServer> StartAsync()
    {
        if (EngineServer.Missing(Engine) is { } why)
            Assert.Skip(why);
        return await EngineServer.StartAsync(Engine);
    }
}
