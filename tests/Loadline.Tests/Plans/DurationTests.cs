using Loadline.Plans.Quantities;
using Xunit;

namespace Loadline.Tests.Plans;

public class DurationTests
{
    [Theory]
    [InlineData("30m", 1800)]
    [InlineData("1m30s", 90)]
    [InlineData("500ms", 0.5)]
    [InlineData("2h", 7200)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1d", 86400)]
    [InlineData("250us", 0.00025)]
    [InlineData("250µs", 0.00025)]
    [InlineData("1h0m5s", 3605)]
    [InlineData("0s", 0)]
    public void A_time_is_read_into_seconds(string text, double seconds)
    {
        Assert.True(Quantity.Time.TryParse(text, out var value, out _));
        Assert.Equal(seconds, value, 12);
    }

    [Theory]
    [InlineData("30", "needs a unit: 30s is seconds")]
    [InlineData("", "must be a time with its unit")]
    [InlineData("s", "must be a time with its unit")]
    [InlineData("-5s", "must not be negative")]
    [InlineData("5 s", "must be a time with its unit")]
    [InlineData("5sec", "has the unknown unit 'sec'")]
    [InlineData("30s1m", "must have its units from the greatest to the least")]
    [InlineData("1m1m", "must have its units from the greatest to the least")]
    [InlineData("NaNs", "must be a time with its unit")]
    [InlineData("1.2.3s", "must be a time with its unit")]
    [InlineData("99999999999999999999d", "is longer than any clock")]
    public void Anything_else_is_refused_with_the_reason(string text, string why)
    {
        Assert.False(Quantity.Time.TryParse(text, out _, out var actual));
        Assert.StartsWith(why, actual);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.0002, "200us")]
    [InlineData(0.25, "250ms")]
    [InlineData(1.2, "1.2s")]
    [InlineData(90, "1m30s")]
    [InlineData(1800, "30m")]
    [InlineData(9003.5, "2h30m3.5s")]
    [InlineData(172800, "2d")]
    public void Seconds_are_written_as_a_person_would(double seconds, string text) => Assert.Equal(text, DurationQuantity.Text(seconds));
}
