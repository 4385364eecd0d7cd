using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Errors;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance;

/// <summary>
/// What a server engine owes whatever it keeps: nothing acknowledged is lost when its server is killed under load, a frozen server costs a bounded time, all
/// errors are <see cref="RagException"/>s that say "later", it recovers by itself, and its connections stay within their pool.
/// </summary>
internal static class Outages
{
    private const int Writers = 8, Documents = 40, Kills = 3;
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);

    // What the driver does after a call's time is over (Npgsql asks the server to stop, and waits for that as well) is no part of the call: a busy machine's delays are.
    private static readonly TimeSpan GivingUp = TimeSpan.FromSeconds(1);

    /// <summary>Writes versions of documents from several tasks while the server is killed and started again.</summary>
    /// <param name="server">The server, running.</param>
    /// <param name="write">Writes a version of a document; every seventh version is to be a deletion.</param>
    /// <param name="read">Any search.</param>
    /// <returns>The last acknowledged version of each document.</returns>
    public static async Task<IReadOnlyDictionary<string, int>> KillUnderLoadAsync(EngineServer server, Func<string, int, Task> write, Func<Task> read)
    {
        var acknowledged = new ConcurrentDictionary<string, int>();
        var writes = 0;
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var version = 1; !stop.IsCancellationRequested; version++)
                foreach (var id in Enumerable.Range(0, Documents).Where(d => d % Writers == writer).Select(d => $"d{d}"))
                {
                    await UntilDoneAsync(() => write(id, version));
                    acknowledged[id] = version;
                    Interlocked.Increment(ref writes);
                    if (writes % 5 == 0)
                        await TryAsync(read);
                    if (stop.IsCancellationRequested)
                        break;
                }
        })).ToArray();

        for (var kill = 0; kill < Kills; kill++)
        {
            var before = Volatile.Read(ref writes);
            await UntilAsync(() => Volatile.Read(ref writes) >= before + 30);
            await server.KillAsync();
            await Assert.ThrowsAsync<RagException>(read);
            await server.StartAgainAsync();
        }

        var after = Volatile.Read(ref writes);
        await UntilAsync(() => Volatile.Read(ref writes) >= after + 30);
        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.Equal(Documents, acknowledged.Count);
        TestContext.Current.TestOutputHelper?.WriteLine($"{writes} writes acknowledged over {Kills} kills");
        return acknowledged;
    }

    /// <summary>A frozen server costs each call its time-out and no more; thawed, all goes on.</summary>
    public static async Task FreezeAsync(EngineServer server, TimeSpan timeout, params IReadOnlyList<Func<Task>> calls)
    {
        foreach (var call in calls)
            await UntilDoneAsync(call);
        server.Freeze();
        try
        {
            foreach (var call in calls)
            {
                var started = Stopwatch.GetTimestamp();
                var error = await Assert.ThrowsAsync<RagException>(call);
                Assert.True(error.Error is RagError.DeadlineExceeded or RagError.Unavailable, $"{error.Error}: {error.Message}");
                var took = Stopwatch.GetElapsedTime(started);
                TestContext.Current.TestOutputHelper?.WriteLine($"{took.TotalSeconds:0.00} s: {error.Message}");
                Assert.InRange(took, TimeSpan.Zero, timeout + GivingUp);
            }
        }
        finally
        {
            server.Thaw();
        }

        foreach (var call in calls)
            await UntilDoneAsync(call);
    }

    /// <summary>Without a server each call fails within two seconds; once it is there, all goes on.</summary>
    public static async Task DownAsync(EngineServer server, params IReadOnlyList<Func<Task>> calls)
    {
        await server.KillAsync();
        foreach (var call in calls)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(call)).Error);
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        }

        await server.StartAgainAsync();
        foreach (var call in calls)
            await UntilDoneAsync(call);
    }

    /// <summary>A crowd of calls, some of them given up by their callers, opens no more connections than the pool has, and all of them serve again.</summary>
    public static async Task CrowdAsync(EngineServer server, int pool, Func<CancellationToken, Task> call)
    {
        await UntilDoneAsync(() => call(default));
        await Parallel.ForEachAsync(Enumerable.Range(0, 300), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            using var impatient = new CancellationTokenSource();
            if (i % 3 == 0)
                impatient.CancelAfter(TimeSpan.FromMilliseconds(i % 10));
            try
            {
                await call(impatient.Token);
            }
            catch (OperationCanceledException) when (impatient.IsCancellationRequested)
            {
            }
            catch (RagException error) when (error.Error == RagError.Overloaded)
            {
            }
        });
        Assert.InRange(Connections.To(server.Port), 1, pool);
        await Task.WhenAll(Enumerable.Range(0, pool).Select(_ => call(default)));
        Assert.InRange(Connections.To(server.Port), 1, pool);
    }

    private static async Task<bool> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RagException error) when (error.Error is RagError.Unavailable or RagError.DeadlineExceeded or RagError.Overloaded)
        {
            return false;
        }
    }

    /// <summary>Repeats a call while its server is not there yet.</summary>
    public static async Task UntilDoneAsync(Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await TryAsync(call))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Recovery, "it did not recover");
            await Task.Delay(20);
        }
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Recovery, "the load stands still");
            await Task.Delay(5);
        }
    }
}
