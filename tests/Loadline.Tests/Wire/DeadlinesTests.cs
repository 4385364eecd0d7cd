using Loadline.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Wire;

public class DeadlinesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _expired = [];

    [Fact]
    public void Each_expires_at_its_time_and_what_was_removed_never()
    {
        var clock = new RunClock(_time);
        using var deadlines = new Deadlines(clock);
        var (a, b, c) = (new Named("a", _expired), new Named("b", _expired), new Named("c", _expired));
        deadlines.Add(a, Milliseconds(100), 1);
        deadlines.Add(c, Milliseconds(300), 3);
        deadlines.Add(b, Milliseconds(200), 2);
        deadlines.Remove(c);
        deadlines.Remove(c);
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Empty(_expired);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["a1"], _expired);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(["a1", "b2"], _expired);
        deadlines.Add(c, clock.Now + Milliseconds(10), 4);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(["a1", "b2", "c4"], _expired);
    }

    [Fact]
    public void One_that_is_earlier_than_all_others_is_not_late()
    {
        using var deadlines = new Deadlines(new RunClock(_time));
        deadlines.Add(new Named("late", _expired), Milliseconds(1000), 1);
        deadlines.Add(new Named("early", _expired), Milliseconds(10), 2);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(["early2"], _expired);
    }

    private static long Milliseconds(int milliseconds) => milliseconds * 1_000_000L;

    private sealed class Named(string name, List<string> expired) : Deadline
    {
        internal override void Expire(int serial) => expired.Add($"{name}{serial}");
    }
}
