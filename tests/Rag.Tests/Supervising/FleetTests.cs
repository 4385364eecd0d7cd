using Rag.Host;
using Rag.Host.Supervising;
using Xunit;

namespace Rag.Tests.Supervising;

public class FleetTests
{
    [Fact]
    public void A_process_starts_when_those_it_depends_on_are_ready()
    {
        var up = new FleetFixture(null, "a", "b: a", "c: a b");
        up.Pass(0.3);
        Assert.Equal(["start a"], up.Processes.Events);

        up.Processes["a"].Announce(Health.Live); // it listens and is still loading
        up.Pass(1);
        Assert.Equal(["start a"], up.Processes.Events);

        up.Processes["a"].Health = Health.Ready;
        up.Pass(0.3);
        Assert.Equal(["start a", "start b"], up.Processes.Events);
        Assert.False(up.Fleet.IsReady);

        up.Processes["b"].Announce();
        up.Pass(0.3);
        up.Processes["c"].Announce();
        up.Pass(0.3);
        Assert.Equal(["start a", "start b", "start c"], up.Processes.Events);
        Assert.True(up.Fleet.IsReady);
    }

    [Fact]
    public void Independent_processes_start_at_the_same_time_and_only_so_many()
    {
        var up = new FleetFixture(null, "a", "b", "c", "d", "e", "f");
        up.Pass(1);
        Assert.Equal(["a", "b", "c", "d"], up.Processes.Running);
        up.Processes["b"].Announce();
        up.Processes["d"].Announce();
        up.Pass(1);
        Assert.Equal(["a", "b", "c", "d", "e", "f"], up.Processes.Running);
    }

    [Fact]
    public void A_process_that_ends_is_started_again_after_waits_that_double_up_to_five_seconds()
    {
        var up = new FleetFixture(null, "a");
        up.BecomeReady();
        foreach (var wait in new[] { 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0 })
        {
            up.Processes["a"].Exit(107);
            up.Pass(wait - 0.1);
            Assert.Equal((ProcessState.Restarting, null), (up["a"].State, up["a"].Pid));
            up.Pass(0.1);
            Assert.NotNull(up["a"].Pid);
        }

        Assert.Equal((7, 107), (up["a"].Restarts, up["a"].LastExitCode));
    }

    [Theory]
    [InlineData(9.5, 0.4)]
    [InlineData(10.5, 0.2)]
    public void The_wait_begins_anew_after_ten_seconds_of_being_ready(double ready, double wait)
    {
        var up = new FleetFixture(null, "a");
        up.BecomeReady();
        up.Processes["a"].Exit(137);
        up.Pass(0.2);
        up.Processes["a"].Announce();
        up.Pass(0.1); // asked, and ready with the next step
        up.Pass(ready);
        up.Processes["a"].Exit(137);
        up.Pass(wait - 0.1);
        Assert.Null(up["a"].Pid);
        up.Pass(0.1);
        Assert.NotNull(up["a"].Pid);
    }

    [Fact]
    public void A_restart_disturbs_nobody_else_and_listens_where_it_did()
    {
        var up = new FleetFixture(null, "a", "b: a");
        up.BecomeReady();
        var address = up["a"].Http;
        up.Processes["a"].Exit(137);
        up.Pass(0.2);
        Assert.Equal(["start a"], up.Processes.Events);
        Assert.Equal([address!], up.Processes["a"].Listening.Http1);
        up.Processes["a"].Announce();
        up.Pass(0.3);
        Assert.True(up.Fleet.IsReady);
        Assert.Equal(address, up["a"].Http);
    }

    [Fact]
    public void A_port_that_somebody_took_in_the_meantime_is_given_up()
    {
        var up = new FleetFixture(null, "a");
        up.BecomeReady();
        up.Processes["a"].Exit(137);
        up.Pass(0.2);
        up.Processes["a"].Exit(ExitCode.AddressUnavailable);
        up.Pass(0.5);
        Assert.Equal(["http://127.0.0.1:0"], up.Processes["a"].Listening.Http1);
        Assert.Null(up.Fleet.Failure);
    }

    [Theory]
    [InlineData(ExitCode.InvalidArguments)]
    [InlineData(ExitCode.AddressUnavailable)]
    [InlineData(ExitCode.DataFolderUnusable)]
    [InlineData(ExitCode.DataFolderInUse)]
    public void What_a_restart_cant_heal_ends_everything_with_the_process_own_words(int code)
    {
        var up = new FleetFixture(null, "a", "b: a");
        up.Pass(0.3);
        up.Processes["a"].Announce();
        up.Pass(0.3);
        up.Processes["b"].Problem = "seams:cap_ms: '-1' is not permitted";
        up.Processes["b"].Exit(code);
        up.Pass(0.3);
        Assert.Equal((code, "b: seams:cap_ms: '-1' is not permitted"), (up.Fleet.Failure!.ExitCode, up.Fleet.Failure.Message));
        Assert.True(up.Fleet.IsDown);
        Assert.Equal((ProcessState.Failed, ProcessState.Stopped), (up["b"].State, up["a"].State));
    }

    [Fact]
    public void A_refusal_of_the_operating_system_is_tried_again()
    {
        var up = new FleetFixture(null, "a") { Processes = { Refuses = true } };
        up.Pass(0.1);
        Assert.Contains("can't be started: too many processes", up.Log);
        up.Processes.Refuses = false;
        up.BecomeReady();
    }

    [Fact]
    public void A_frozen_process_is_reported_once_and_left_alone()
    {
        var up = new FleetFixture(null, "a");
        up.BecomeReady();
        up.Processes["a"].Health = Health.Silent;
        up.Pass(9);
        Assert.Equal(ProcessState.Ready, up["a"].State);
        up.Pass(20);
        Assert.Equal(ProcessState.Frozen, up["a"].State);
        Assert.Single(up.Log.Split('\n'), line => line.Contains("frozen", StringComparison.Ordinal));
        Assert.Empty(up.Processes.Events);

        up.Processes["a"].Health = Health.Ready;
        up.Pass(1);
        Assert.Equal((ProcessState.Ready, 0), (up["a"].State, up["a"].Restarts));
    }

    [Fact]
    public void A_frozen_process_is_killed_and_restarted_where_that_is_wanted()
    {
        var up = new FleetFixture(new SupervisionRules { RestartFrozen = true }, "a");
        up.BecomeReady();
        up.Processes["a"].Health = Health.Silent;
        up.Pass(12);
        Assert.Equal(["kill a", "start a"], up.Processes.Events);
    }

    [Fact]
    public void Whoever_says_that_it_is_not_ready_any_more_is_not_frozen()
    {
        var up = new FleetFixture(null, "a");
        up.BecomeReady();
        up.Processes["a"].Health = Health.Live;
        up.Pass(30);
        Assert.Equal(ProcessState.Ready, up["a"].State);
    }

    [Fact]
    public void It_stops_who_depends_before_whom_it_depends_on()
    {
        var up = new FleetFixture(null, "a", "b: a", "c", "gateway: a b c");
        up.BecomeReady();
        up.Processes["gateway"].IsStubborn = true; // it drains
        up.Fleet.Stop();
        up.Pass(3);
        Assert.Equal(["terminate gateway"], up.Processes.Events);
        up.Processes["gateway"].Exit(0);
        up.Pass(0.2);
        Assert.Equal(["terminate gateway", "terminate c", "terminate b", "terminate a"], up.Processes.Events);
        Assert.True(up.Fleet.IsDown);
        Assert.All(up.Fleet.Report(), report => Assert.Equal(ProcessState.Stopped, report.State));
        Assert.Null(up.Fleet.Failure);
    }

    [Fact]
    public void After_ten_seconds_of_patience_what_still_runs_is_killed()
    {
        var up = new FleetFixture(null, "a", "b: a");
        up.BecomeReady();
        up.Processes["a"].IsStubborn = true;
        up.Fleet.Stop();
        up.Pass(9.8);
        Assert.Equal(["terminate b", "terminate a"], up.Processes.Events);
        up.Pass(0.4);
        Assert.Equal(["terminate b", "terminate a", "kill a"], up.Processes.Events);
        Assert.True(up.Fleet.IsDown);
    }

    [Fact]
    public void Nothing_starts_again_while_it_stops()
    {
        var up = new FleetFixture(null, "a", "b: a");
        up.BecomeReady();
        up.Processes["b"].IsStubborn = true;
        up.Fleet.Stop();
        up.Processes["a"].Exit(0); // a service manager told all at once
        up.Pass(5);
        up.Processes["b"].Exit(0);
        up.Pass(0.2);
        Assert.DoesNotContain("start a", up.Processes.Events);
        Assert.DoesNotContain("restarting", up.Log);
        Assert.True(up.Fleet.IsDown);
    }

    [Fact]
    public void A_start_that_is_interrupted_starts_nothing_more()
    {
        var up = new FleetFixture(null, "a", "b: a");
        up.Pass(0.3);
        up.Fleet.Stop();
        up.Pass(0.3);
        Assert.Equal(["start a", "terminate a"], up.Processes.Events);
        Assert.True(up.Fleet.IsDown);
    }

    [Fact]
    public void A_kill_waits_for_nobody()
    {
        var up = new FleetFixture(null, "a", "b: a");
        up.BecomeReady();
        up.Fleet.Kill();
        Assert.Equal(["kill a", "kill b"], up.Processes.Events);
    }

    [Fact]
    public void The_log_tells_who_says_what_aligned()
    {
        var up = new FleetFixture(null, "embedding-1", "a: embedding-1");
        up.BecomeReady();
        Assert.Equal(
            ["embedding-1 | ready after", "a           | ready after"],
            up.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..25]));
    }
}
