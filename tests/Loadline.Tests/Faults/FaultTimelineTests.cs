using System.Collections.Concurrent;
using Loadline.Faults;
using Loadline.Faults.Proxy;
using Loadline.Plans;
using Loadline.Probes;
using Loadline.Tests.Recording;
using Loadline.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Faults;

/// <summary>Leases in virtual time, on real processes, files and proxies.</summary>
public sealed class FaultTimelineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ConcurrentQueue<string> _told = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        // What a failed test left running ends.
        _stop.Cancel();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_process_stands_still_for_as_long_as_its_fault_lasts()
    {
        using var process = new SleepingProcess();
        var (timeline, running) = Start([Fault(FaultKind.Freeze, "embedding", at: 5, lasts: 10)], () => [process.Named("embedding-1")]);
        await PassAsync(4);
        Assert.False(process.IsFrozen);
        await PassAsync(2);
        await Until(() => process.IsFrozen);
        // It stands still a moment before the journal says so.
        await Until(() => Journal().Open() is [{ State: LeaseState.Injected }]);
        await PassAsync(10);
        await Until(() => running.IsCompleted);
        Assert.False(process.IsFrozen);
        Assert.Empty(Journal().Open());
        var lease = Assert.Single(timeline.Leases);
        Assert.Equal((null, false), (lease.Problem, lease.Stopped));
        Assert.InRange((lease.End!.Value - lease.Start!.Value) / 1e9, 10, 15); // virtual seconds go by while the process is let go
    }

    [Fact]
    public async Task What_is_killed_is_killed_again_when_it_comes_back_until_the_fault_is_over()
    {
        using SleepingProcess first = new(), second = new(), other = new(), late = new();
        IReadOnlyList<WatchedProcess> now = [first.Named("embedding-1"), other.Named("embedding-cache")];
        var (_, running) = Start([Fault(FaultKind.Kill, "embedding", at: 1, lasts: 60)], () => now);
        await Until(() => first.HasExited);
        now = [second.Named("embedding-1"), other.Named("embedding-cache")];
        await Until(() => second.HasExited);
        await PassAsync(60);
        await Until(() => running.IsCompleted);
        now = [late.Named("embedding-1")];
        await PassAsync(2);
        Assert.False(late.HasExited);
        Assert.False(other.HasExited);
    }

    [Fact]
    public async Task A_place_without_a_process_is_an_error_and_nothing_is_journalled()
    {
        var (timeline, running) = Start([Fault(FaultKind.Freeze, "embeding", at: 1, lasts: 1)], () => [new WatchedProcess("embedding", Environment.ProcessId)]);
        await PassAsync(2);
        await Until(() => running.IsCompleted);
        var lease = Assert.Single(timeline.Leases);
        Assert.Equal("the target has no process 'embeding'; it has embedding", lease.Problem);
        Assert.Null(lease.Start);
        Assert.Empty(Journal().Read());
    }

    [Fact]
    public async Task The_lever_ends_what_is_in_force_and_lets_nothing_follow()
    {
        using var process = new SleepingProcess();
        var place = $"pid:{process.Id}";
        var (timeline, running) = Start([Fault(FaultKind.Freeze, place, at: 1, lasts: 60), Fault(FaultKind.Freeze, place, at: 90, lasts: 10)], () => []);
        await PassAsync(2);
        await Until(() => process.IsFrozen);
        Journal().Stop();
        await PassAsync(1);
        await Until(() => running.IsCompleted);
        Assert.False(process.IsFrozen);
        Assert.All(timeline.Leases, lease => Assert.True(lease.Stopped));
        Assert.Equal(["x", "x#2"], timeline.Leases.Select(lease => lease.Id));
    }

    [Fact]
    public async Task The_end_of_the_run_ends_a_fault()
    {
        using var process = new SleepingProcess();
        var (_, running) = Start([Fault(FaultKind.Freeze, $"pid:{process.Id}", at: 1, lasts: 60)], () => []);
        await PassAsync(2);
        await Until(() => process.IsFrozen);
        await _stop.CancelAsync();
        await Until(() => running.IsCompleted);
        Assert.False(process.IsFrozen);
        Assert.Empty(Journal().Open());
    }

    [Fact]
    public async Task A_toxic_is_on_its_proxy_while_the_fault_lasts()
    {
        await using var proxy = ToxicProxy.Start("127.0.0.1:0", "127.0.0.1:9", TimeProvider.System);
        var fault = Fault(FaultKind.Toxic, "llm", at: 1, lasts: 5) with { Toxic = "latency", With = new Dictionary<string, string> { ["latency"] = "300" }, Share = 0.5 };
        var (timeline, running) = Start([fault], () => [], llm: proxy);
        await PassAsync(2);
        await Until(() => proxy.Toxics.Count == 1);
        Assert.Equal(("latency", 300, 0.5), (proxy.Toxics[0].Type, proxy.Toxics[0]["latency"], proxy.Toxics[0].Toxicity));
        await PassAsync(5);
        await Until(() => running.IsCompleted);
        Assert.Empty(proxy.Toxics);
        Assert.Null(timeline.Leases[0].Problem);
    }

    [Fact]
    public async Task A_command_runs_and_is_undone_and_one_that_fails_is_undone_too_and_said()
    {
        var (made, undone) = (Path.Combine(_folder.Path, "made"), Path.Combine(_folder.Path, "undone"));
        var good = Fault(FaultKind.Command, $"touch '{made}'", at: 1, lasts: 1) with { Undo = $"rm '{made}'" };
        var bad = Fault(FaultKind.Command, "echo no such network >&2; exit 3", at: 1, lasts: 1) with { Name = "y", Undo = $"touch '{undone}'" };
        var (timeline, running) = Start([good, bad], () => []);
        await PassAsync(1.2);
        await Until(() => File.Exists(made) && File.Exists(undone));
        await PassAsync(2);
        await Until(() => running.IsCompleted);
        Assert.False(File.Exists(made));
        Assert.Equal("'echo no such network >&2; exit 3' ended with 3: no such network", timeline.Leases[1].Problem);
        Assert.Empty(Journal().Open());
    }

    [Fact]
    public async Task What_cant_be_undone_is_stuck_and_said_loudly()
    {
        var fault = Fault(FaultKind.Command, "true", at: 1, lasts: 1) with { Undo = "exit 4" };
        var (timeline, running) = Start([fault], () => []);
        await Until(() => running.IsCompleted);
        Assert.Equal("'exit 4' ended with 4", timeline.Leases[0].Problem);
        Assert.Equal(LeaseState.Stuck, Assert.Single(Journal().Read()).State);
        Assert.Contains("Fault 'x' could NOT be undone: 'exit 4' ended with 4", _told);
    }

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private FaultJournal Journal() => new(Path.Combine(_folder.Path, FaultJournal.FileName), _time, "test");

    private static PlanFault Fault(FaultKind kind, string where, double at, double lasts) =>
        new() { Name = "x", Kind = kind, Where = where, At = TimeSpan.FromSeconds(at), For = TimeSpan.FromSeconds(lasts) };

    private (FaultTimeline Timeline, Task Running) Start(IReadOnlyList<PlanFault> faults, Func<IReadOnlyList<WatchedProcess>> processes, ToxicProxy? llm = null)
    {
        var ground = new FaultGround { Processes = processes, Address = new Uri("http://127.0.0.1:9"), Llm = llm };
        var timeline = new FaultTimeline(faults, ground, _folder.Path, new RunClock(_time), _told.Enqueue);
        return (timeline, Task.Run(() => timeline.RunAsync(_stop.Token)));
    }

    // In small steps, between which what has become due gets its turn.
    private async Task PassAsync(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.1)
        {
            for (var i = 0; i < 5; i++)
                await Task.Run(static () => { });
            _time.Advance(TimeSpan.FromSeconds(Math.Min(0.1, left)));
        }
    }

    private Task Until(Func<bool> holds) => Until(async () =>
    {
        await PassAsync(0.1);
        return holds();
    });

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(10, limit.Token);
        }
    }
}
