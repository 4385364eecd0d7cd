using Microsoft.Extensions.Time.Testing;
using Rag.Host.Supervising;

namespace Rag.Tests.Supervising;

/// <summary>A fleet of fake processes, a clock that the test turns, and the log as text.</summary>
internal sealed class FleetFixture
{
    private readonly StringWriter _log = new();

    /// <param name="rules">Null for the rules as they are.</param>
    /// <param name="dependencies">Each <c>name</c> or <c>name: dependency dependency</c>.</param>
    public FleetFixture(SupervisionRules? rules, params string[] dependencies)
    {
        var plans = dependencies.Select(line => line.Split(": ")).Select(parts => new ProcessPlan(
            parts[0], parts[0], 1, parts.Length > 1 ? parts[1].Split(' ') : [], $"unix:/{parts[0]}.sock", new Listening(["http://127.0.0.1:0"], []), [])).ToList();
        Fleet = new Fleet(plans, Processes, Processes, rules ?? new SupervisionRules(), Time, new LogLines(_log, plans.Select(plan => plan.Name), inColor: false), () => { });
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public FakeProcesses Processes { get; } = new();

    public Fleet Fleet { get; }

    public string Log => _log.ToString();

    public ProcessReport this[string name] => Fleet.Report().Single(report => report.Plan.Name == name);

    /// <summary>Lets time pass in steps as short as the supervisor's own.</summary>
    public void Pass(double seconds)
    {
        Fleet.Step();
        for (var tenths = Math.Round(seconds * 10); tenths > 0; tenths--)
        {
            Time.Advance(TimeSpan.FromSeconds(0.1));
            Fleet.Step();
        }
    }

    /// <summary>All processes start and answer.</summary>
    public void BecomeReady()
    {
        for (var round = 0; round < 20 && !Fleet.IsReady; round++)
        {
            Pass(0.2);
            foreach (var process in Processes.Started.Where(process => process.Announcements.Count == 0))
                process.Announce();
        }

        Pass(0.2);
        Assert(Fleet.IsReady);
        Processes.Events.Clear();
    }

    private static void Assert(bool holds) => Xunit.Assert.True(holds, "the fleet should be ready");
}
