using Loadline.Runs;
using Loadline.Tests.Reports;
using Xunit;

namespace Loadline.Tests.Runs;

public class BaselineTests
{
    [Fact]
    public void A_baseline_is_an_earlier_runs_folder_or_its_summary()
    {
        var folder = SampleRun.Write(SampleRun.Make(seconds: 24));
        var (baseline, summary) = Baselines.Read(folder);
        Assert.Equal(summary.Metrics["query.p95"].Value, baseline.Metrics["query.p95"]);
        Assert.Equal(baseline.Id, Baselines.Read(Path.Combine(folder, RunFolder.Summary)).Baseline.Id);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void What_cannot_be_compared_with_is_refused()
    {
        Assert.Contains("is no run that can be read", Assert.Throws<BaselineException>(() => Baselines.Read("no/such/run")).Message);
        var folder = SampleRun.Write(SampleRun.Make("INVALID", seconds: 24));
        Assert.Contains("is a run that is INVALID", Assert.Throws<BaselineException>(() => Baselines.Read(folder)).Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void What_is_not_alike_in_two_runs_is_said()
    {
        var run = SampleRun.Make(seconds: 24).Summary;
        Assert.Empty(Baselines.Differences(run, run));
        var other = run with { Plan = run.Plan with { Users = 500 }, Environment = run.Environment with { Cores = 8 } };
        Assert.Equal(2, Baselines.Differences(run, other).Count());
    }
}
