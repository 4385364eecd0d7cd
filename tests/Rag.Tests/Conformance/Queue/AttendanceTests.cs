using Microsoft.Extensions.Time.Testing;
using Rag.Engines.Kafka;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

public sealed class AttendanceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private readonly FakeTimeProvider _time = new();
    private readonly Attendance _attendance;

    public AttendanceTests() => _attendance = new Attendance(Limit, _time);

    // A notice that comes at the end of a long wait lies there for the moment that the one who waits needs to wake up.
    [Fact]
    public void Who_waits_for_longer_than_notices_may_lie_is_not_missing_when_one_comes()
    {
        _attendance.Enter();
        _time.Advance(Limit * 2);
        Assert.False(_attendance.IsMissing(somethingLies: true));
        _attendance.Leave();
        Assert.False(_attendance.IsMissing(somethingLies: true));
    }

    [Fact]
    public void Who_left_and_lets_notices_lie_is_missing_after_the_limit()
    {
        _attendance.Enter();
        _attendance.Leave();
        _time.Advance(Limit);
        Assert.False(_attendance.IsMissing(somethingLies: true));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_attendance.IsMissing(somethingLies: false));
        Assert.True(_attendance.IsMissing(somethingLies: true));
    }

    [Fact]
    public void One_who_was_missing_is_back_with_the_next_fetch_and_not_before()
    {
        _time.Advance(Limit * 2);
        Assert.True(_attendance.IsMissing(somethingLies: true));
        Assert.True(_attendance.IsMissing(somethingLies: false));
        _attendance.Enter();
        Assert.False(_attendance.IsMissing(somethingLies: false));
        _time.Advance(Limit * 2);
        Assert.False(_attendance.IsMissing(somethingLies: true));
    }
}
