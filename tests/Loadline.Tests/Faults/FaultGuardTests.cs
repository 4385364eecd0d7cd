using System.IO.Pipelines;
using Loadline.Faults;
using Loadline.Processes;
using Loadline.Tests.Recording;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Faults;

/// <summary>Who is left undoes: the guard when its parent is gone or hangs, the lever when somebody pulls it.</summary>
public sealed class FaultGuardTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly SleepingProcess _process = new();
    private readonly Pipe _pipe = new();

    public void Dispose()
    {
        _process.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task When_the_parents_end_of_the_pipe_closes_the_guard_undoes_what_is_open()
    {
        Freeze(until: 600);
        var guarding = Guard();
        await _pipe.Writer.CompleteAsync();
        await guarding.WaitAsync(Limit);
        Assert.False(_process.IsFrozen);
        Assert.Equal((LeaseState.Undone, "guard"), Assert.Single(Journal().Read()) is var entry ? (entry.State, entry.By) : default);
    }

    [Fact]
    public async Task Under_a_parent_that_hangs_a_lease_is_undone_five_seconds_after_its_end()
    {
        Freeze(until: 10);
        var guarding = Guard();
        await PassAsync(14);
        Assert.True(_process.IsFrozen);
        await Until(() => !_process.IsFrozen);
        Assert.False(guarding.IsCompleted);
        await _pipe.Writer.CompleteAsync();
        await guarding.WaitAsync(Limit);
    }

    [Fact]
    public async Task A_process_of_a_later_life_with_the_same_id_is_left_alone()
    {
        Freeze(until: 600, start: Signals.StartOf(_process.Id)!.Value - TimeSpan.TicksPerHour);
        var guarding = Guard();
        await _pipe.Writer.CompleteAsync();
        await guarding.WaitAsync(Limit);
        Assert.True(_process.IsFrozen);
        Assert.Equal(LeaseState.Undone, Assert.Single(Journal().Read()).State);
    }

    [Fact]
    public async Task The_lever_undoes_what_a_dead_run_left_and_shows_it()
    {
        Freeze(until: 600);
        var lever = new FaultLever(_folder.Path, null, _time);
        Assert.Equal(["outage: embedding stands still — in force until 00:10:00 UTC"], lever.Show());
        var pulling = lever.PullAsync(default);
        await Until(() => pulling.IsCompleted);
        Assert.Equal(["outage: embedding stands still — undone"], await pulling);
        Assert.False(_process.IsFrozen);
        Assert.Equal(0, lever.Unfinished);
        Assert.True(Journal().IsStopped);
    }

    private void Freeze(double until, long? start = null)
    {
        Signals.Send(_process.Id, Signals.Stop);
        Journal().Write(new JournalEntry
        {
            Id = "outage",
            State = LeaseState.Injected,
            At = default,
            By = "",
            Until = _time.GetUtcNow().AddSeconds(until),
            What = "embedding stands still",
            Undo = [new UndoStep.Continue(_process.Id, start ?? Signals.StartOf(_process.Id)!.Value)],
        });
        while (!_process.IsFrozen)
            Thread.Yield();
    }

    private Task Guard() => Task.Run(() => new GuardLoop(_folder.Path, null, _time).RunAsync(new StreamReader(_pipe.Reader.AsStream()), _ => { }));

    private FaultJournal Journal() => new(Path.Combine(_folder.Path, FaultJournal.FileName), _time, "run");

    private async Task PassAsync(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.1)
        {
            for (var i = 0; i < 5; i++)
                await Task.Run(static () => { });
            _time.Advance(TimeSpan.FromSeconds(Math.Min(0.1, left)));
        }
    }

    private async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await PassAsync(0.1);
            await Task.Delay(5, limit.Token);
        }
    }
}
