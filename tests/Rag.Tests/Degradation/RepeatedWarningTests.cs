using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Xunit;

namespace Rag.Tests.Degradation;

public class RepeatedWarningTests
{
    [Fact]
    public void A_trouble_is_said_at_once_and_then_every_ten_seconds_with_how_often_it_came()
    {
        var time = new FakeTimeProvider();
        var warning = new RepeatedWarning(time);
        Assert.True(warning.IsDue(out var times));
        Assert.Equal(1, times);
        for (var i = 0; i < 99; i++)
            Assert.False(warning.IsDue(out _));
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(warning.IsDue(out _));
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(warning.IsDue(out times));
        Assert.Equal(101, times);
    }
}
