using Loadline.Probes;
using Loadline.Runs;
using Loadline.Tests.Plans;
using Xunit;

namespace Loadline.Tests.Probes;

public class CalibrationTests
{
    [Fact]
    public async Task The_generator_finds_out_what_it_can_do_against_a_server_that_answers_at_once()
    {
        var calibration = await Calibration.MeasureAsync(TimeProvider.System, TestContext.Current.CancellationToken);
        // No speed is asked for: only that everything was measured.
        Assert.True(calibration.RequestsPerSecond > 0);
        Assert.True(calibration.ServiceFloor > 0);
        Assert.True(calibration.IdleLag >= 0);
    }

    [Fact]
    public async Task It_ends_when_it_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Calibration.MeasureAsync(TimeProvider.System, stop.Token));
    }

    [Fact]
    public void A_plan_that_offers_more_than_the_generator_can_send_is_warned_of()
    {
        var plan = PlanTexts.Good(PlanTexts.Least + "\nload: { users: 1000, think: 1s }"); // 1000 ÷ (1 s + 0.05 s) = 952 requests/s
        Assert.Contains("offers about 952 requests/s, and on this machine the load generator can send 1000", RunJudgement.BeyondAbility(plan, new Calibration(1000, 0.0001, 0.001)));
        Assert.Null(RunJudgement.BeyondAbility(plan, new Calibration(1300, 0.0001, 0.001)));
    }
}
