using Loadline.Faults;
using Loadline.Tests.Recording;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Faults;

public sealed class FaultJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_last_line_of_each_lease_counts_and_undone_ones_are_not_open()
    {
        var journal = Open("run");
        Assert.Empty(journal.Read());
        journal.Write(Entry("a", LeaseState.Injecting, new UndoStep.Delete("/nowhere")));
        journal.Write(Entry("b", LeaseState.Injecting, new UndoStep.Continue(7, 8), new UndoStep.Shell("true"), new UndoStep.Request(new Uri("http://127.0.0.1/x"), true)));
        journal.Write(Entry("a", LeaseState.Injected));
        Open("guard").Write(Entry("a", LeaseState.Undone));
        Assert.Equal([("a", LeaseState.Undone, "guard"), ("b", LeaseState.Injecting, "run")], journal.Read().Select(entry => (entry.Id, entry.State, entry.By)));
        var open = Assert.Single(journal.Open());
        Assert.Equal([new UndoStep.Continue(7, 8), new UndoStep.Shell("true"), new UndoStep.Request(new Uri("http://127.0.0.1/x"), true)], open.Undo);
        Assert.Equal(_time.GetUtcNow(), open.At);
    }

    [Fact]
    public void A_line_that_a_crash_cut_is_none()
    {
        var journal = Open("run");
        journal.Write(Entry("a", LeaseState.Injected));
        File.AppendAllText(Path.Combine(_folder.Path, FaultJournal.FileName), """{"id":"a","state":"und""");
        Assert.Equal(LeaseState.Injected, Assert.Single(journal.Open()).State);
    }

    [Fact]
    public void A_key_is_in_no_line()
    {
        var journal = Open("run");
        journal.Write(Entry("a", LeaseState.Injected, new UndoStep.Request(new Uri("http://127.0.0.1/admin/faults/1"), NeedsKey: true)));
        Assert.DoesNotContain("Bearer", File.ReadAllText(Path.Combine(_folder.Path, FaultJournal.FileName)), StringComparison.OrdinalIgnoreCase);
    }

    private FaultJournal Open(string by) => new(Path.Combine(_folder.Path, FaultJournal.FileName), _time, by);

    private static JournalEntry Entry(string id, LeaseState state, params UndoStep[] undo) =>
        new() { Id = id, State = state, At = default, Until = default, What = "nothing", Undo = undo, By = "" };
}
