using System.Diagnostics;
using Loadline.Probes;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Probes;

public sealed class ProcessSeriesTests : IDisposable
{
    private readonly List<Process> _processes = [];

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.Dispose();
        }
    }

    [Fact]
    public void A_process_that_is_restarted_goes_on_under_its_name()
    {
        var time = new FakeTimeProvider();
        using var series = new ProcessSeries(time);
        var (first, second) = (Start(), Start());
        Assert.True(series.Look(0, [new WatchedProcess("query", first.Id)])["query"].MemoryBytes > 0);
        first.Kill();
        first.WaitForExit();
        Assert.Empty(series.Look(2, [])); // the supervisor knows of none at this moment
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(series.Look(4, [new WatchedProcess("query", second.Id)]));
        Assert.Equal("query", Assert.Single(series.Over(0, 4)).Name);
    }

    [Fact]
    public void A_process_that_is_not_there_is_left_out()
    {
        using var series = new ProcessSeries(new FakeTimeProvider());
        var gone = Start();
        gone.Kill();
        gone.WaitForExit();
        Assert.Equal(["loadline"], series.Look(0, [new WatchedProcess("query", gone.Id), new WatchedProcess("loadline", Environment.ProcessId)]).Keys);
    }

    [Fact]
    public void Every_look_has_the_cores_used_since_the_one_before()
    {
        var time = new FakeTimeProvider();
        using var series = new ProcessSeries(time);
        WatchedProcess[] me = [new("me", Environment.ProcessId)];
        Assert.Equal(0, series.Look(0, me)["me"].CpuCores); // no time has passed
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        while (Process.GetCurrentProcess().TotalProcessorTime - before < TimeSpan.FromMilliseconds(50))
        {
            // Uses the processor.
        }

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(series.Look(1, me)["me"].CpuCores, 0.04, 64);
    }

    private Process Start()
    {
        var process = Process.Start(new ProcessStartInfo("sleep", "300"))!;
        _processes.Add(process);
        return process;
    }
}
