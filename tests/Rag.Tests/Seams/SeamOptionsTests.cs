using Microsoft.Extensions.Configuration;
using Rag.Seams;
using Xunit;

namespace Rag.Tests.Seams;

public class SeamOptionsTests
{
    [Fact]
    public void A_services_settings_come_before_those_for_all_and_those_before_defaults()
    {
        var options = Read(("seams:queue_ms", "200"), ("seams:embedding:queue_ms", "100"), ("seams:embedding:concurrency", "7"));
        Assert.Equal((100, 7), (options.Of("embedding").QueueTime.TotalMilliseconds, options.Of("embedding").Concurrency));
        Assert.Equal((200, 128), (options.Of("vectors").QueueTime.TotalMilliseconds, options.Of("vectors").Concurrency));
        Assert.Equal(9, Read(("seams:concurrency", "9")).Of("generation").Concurrency);
        Assert.Equal((300, 0.5, 3), (SeamOptions.Default.Of("search").QueueTime.TotalMilliseconds, SeamOptions.Default.Of("search").BreakerRatio, SeamOptions.Default.Of("search").BreakerCalls));
        Assert.True(Read(("seams:naive", "true")).Naive);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Read(
            ("seams:naive", "perhaps"), ("seams:queue_ms", "10001"), ("seams:breaker_ratio", "0"), ("seams:que_ms", "5"),
            ("seams:vectors:concurrency", "0"), ("seams:search:breaker_pause_ms", "6000")));
        var lines = error.Message.Split(Environment.NewLine);
        Assert.Equal("seams:naive: 'perhaps' is not permitted; expected true or false", lines[0]);
        Assert.Contains("seams:queue_ms: '10001' is not permitted; expected whole milliseconds from 0 to 10000", lines);
        Assert.Contains("seams:breaker_ratio: '0' is not permitted; expected a number over 0, to 1", lines);
        Assert.Contains(lines, line => line.StartsWith("seams:que_ms: unknown; known are concurrency, queue_ms,", StringComparison.Ordinal));
        Assert.Contains("seams:vectors:concurrency: '0' is not permitted; expected a whole number from 1 to 100000", lines);
        Assert.Contains("seams:search:breaker_longest_pause_ms: 5000 is less than breaker_pause_ms, 6000", lines);
        Assert.Equal(6, lines.Length);
    }

    private static SeamOptions Read(params (string Key, string Value)[] settings) =>
        SeamOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, string? (s) => s.Value)).Build());
}
