using Loadline.Plans;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Users;

/// <summary>What users got of a limit, as a test target with a limit of its own grants it.</summary>
public class GrantedTests
{
    [Fact]
    public void A_users_minutes_in_which_the_limit_refused_something_are_counted()
    {
        // A request each half second from 0 to 180 s, 120 a minute, of which the target lets 40 of each minute through in the first two minutes and all later.
        var run = new VirtualRun(Paced(TimeSpan.FromSeconds(181)), exchange => Limited(exchange, second => second < 120 && second % 60 >= 20));
        run.Run(200, step: 0.1);
        Assert.Equal([(0, 40), (60, 40)], run.Sink.Granted.Select(minute => ((int)(minute.Minute / 1_000_000_000), minute.Requests)));
        Assert.All(run.Exchanges.Where(exchange => exchange.Outcome == Outcome.Throttled), exchange => Assert.Equal(TimeSpan.FromSeconds(2), exchange.RetryAfter));
    }

    [Fact]
    public void A_user_that_retries_says_nothing_of_the_limit()
    {
        var plan = Paced(TimeSpan.FromSeconds(130));
        plan = plan with { Load = plan.Load with { Retry = new RetryPolicy(1, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), Jitter.None, TimeSpan.Zero) } };
        var run = new VirtualRun(plan, exchange => Limited(exchange, second => second % 60 >= 20));
        run.Run(150, step: 0.1);
        Assert.Empty(run.Sink.Granted);
    }

    private static VirtualRun.Answer Limited(Exchange exchange, Func<double, bool> refuses) => refuses(exchange.Sent / 1e9)
        ? new(TimeSpan.Zero, Outcome.Throttled, 429, TimeSpan.FromSeconds(2))
        : new(TimeSpan.Zero);

    private static Plan Paced(TimeSpan hold)
    {
        var plan = TestPlan.Of(TestPlan.Load(1, 0, hold.TotalSeconds, 0, 0, ("status", 1)));
        return plan with { Load = plan.Load with { Pace = new Always(0.5) } };
    }
}
