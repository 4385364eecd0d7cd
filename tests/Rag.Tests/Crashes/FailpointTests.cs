using Microsoft.Extensions.Configuration;
using Rag.Crashes;
using Xunit;

namespace Rag.Tests.Crashes;

public sealed class FailpointTests
{
    [Theory]
    [InlineData("kill@3", false, 3, 0)]
    [InlineData("pause@1", true, 1, 0)]
    [InlineData("kill:0.25", false, null, 0.25)]
    [InlineData("pause:1", true, null, 1)]
    public void A_rule_says_what_happens_and_when(string text, bool pauses, int? at, double probability) =>
        Assert.Equal(new FailpointRule(pauses, at, probability), FailpointRule.Parse(text));

    [Theory]
    [InlineData("kill")]
    [InlineData("kill@0")]
    [InlineData("kill@-1")]
    [InlineData("kill:1.5")]
    [InlineData("kill:NaN")]
    [InlineData("sleep@1")]
    [InlineData("")]
    public void Another_text_is_no_rule(string text) => Assert.Null(FailpointRule.Parse(text));

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["failpoints:documents_commited"] = "kill@1",
            ["failpoints:queue_claimed"] = "kill@zero",
            ["failpoints:pause_ms"] = "0",
        }).Build();

        var error = Assert.Throws<InvalidOperationException>(() => FailpointSettings.Arm(configuration));

        Assert.Equal(3, error.Message.Split(Environment.NewLine).Length);
        Assert.Contains("failpoints:documents_commited: there is no such failpoint; expected one of documents_before_commit, documents_committed,", error.Message, StringComparison.Ordinal);
        Assert.Contains("failpoints:queue_claimed: 'kill@zero' is not permitted; expected kill@N or pause@N", error.Message, StringComparison.Ordinal);
        Assert.Contains("failpoints:pause_ms: '0' is not permitted", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_kills_on_the_arrival_that_was_named_and_on_no_other()
    {
        var deaths = new List<Failpoint>();
        var armed = new ArmedFailpoints(new Dictionary<Failpoint, FailpointRule> { [Failpoint.QueueClaimed] = new(Pauses: false, At: 2, 0) }, 1, TimeSpan.Zero, deaths.Add);

        armed.Meet(Failpoint.QueueCompleted);
        armed.Meet(Failpoint.QueueClaimed);
        Assert.Empty(deaths);
        armed.Meet(Failpoint.QueueClaimed);
        Assert.Equal([Failpoint.QueueClaimed], deaths);
        armed.Meet(Failpoint.QueueClaimed);
        Assert.Single(deaths);
    }

    [Fact]
    public void A_probability_follows_its_seed()
    {
        static int Deaths(int seed)
        {
            var deaths = 0;
            var armed = new ArmedFailpoints(new Dictionary<Failpoint, FailpointRule> { [Failpoint.QueueClaimed] = new(Pauses: false, At: null, 0.2) }, seed, TimeSpan.Zero, _ => deaths++);
            for (var i = 0; i < 1_000; i++)
                armed.Meet(Failpoint.QueueClaimed);
            return deaths;
        }

        Assert.Equal(Deaths(7), Deaths(7));
        Assert.InRange(Deaths(7), 150, 250); // 200 ± 4 standard deviations of 12.6
    }

    [Fact]
    public void One_that_pauses_lets_everyone_live()
    {
        var armed = new ArmedFailpoints(
            new Dictionary<Failpoint, FailpointRule> { [Failpoint.IngestionEmbedded] = new(Pauses: true, At: 1, 0) }, 1, TimeSpan.FromSeconds(4), _ => Assert.Fail("it died"));

        Assert.Equal(TimeSpan.FromSeconds(4), armed.Meet(Failpoint.IngestionEmbedded));
        Assert.Equal(TimeSpan.Zero, armed.Meet(Failpoint.IngestionEmbedded));
    }
}
