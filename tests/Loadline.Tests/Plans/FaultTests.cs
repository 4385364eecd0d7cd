using Loadline.Faults;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Plans;

public sealed class FaultTests
{
    private const string Plan = """
        name: broken
        purpose: A service fails
        target: services
        load:
          phases: { up: 1m, hold: 13m, down: 1m }
        llm: {}
        faults:
          slow: { at: 10m, for: 1m, toxic: latency, on: llm, share: 50%, with: { latency: 300, jitter: 20 } }
          outage: { at: 5m, for: 3m, kill: embedding }
        objectives:
          - errors < 1% during outage
          - errors < 1% before slow
          - recovery < 30s
        """;

    [Fact]
    public void Faults_are_read_in_the_order_in_which_they_begin()
    {
        var plan = Good(Plan);
        Assert.Equal([("outage", FaultKind.Kill, "embedding", 300.0, 180.0), ("slow", FaultKind.Toxic, "llm", 600.0, 60.0)],
            plan.Faults.Select(fault => (fault.Name, fault.Kind, fault.Where, fault.At.TotalSeconds, fault.For.TotalSeconds)));
        var slow = plan.Faults[1];
        Assert.Equal(("latency", 0.5, "300", FaultStream.Downstream), (slow.Toxic, slow.Share, slow.With["latency"], slow.Stream));
        Assert.Equal("embedding is killed, and again whenever it comes back, for 3m", FaultText.Of(plan.Faults[0]));
        Assert.Equal("latency (latency 300, jitter 20) from llm, of 50% of connections, for 1m", FaultText.Of(slow));
    }

    [Fact]
    public void What_lies_before_and_after_a_fault_is_a_span_of_the_hold_phase()
    {
        // Hold is from 60 s to 840 s.
        Assert.Equal(
            [("default", 0, 900), ("outage", 300, 480), ("slow", 600, 660), ("before:outage", 60, 300), ("after:outage", 480, 840), ("before:slow", 60, 600), ("after:slow", 660, 840)],
            Good(Plan).Spans.Select(span => (span.Name, span.Start.TotalSeconds, span.End.TotalSeconds)));
    }

    [Fact]
    public void The_time_scale_multiplies_when_they_begin_and_how_long_they_last() =>
        Assert.Equal((30, 18), (Good(Plan, new PlanOverrides { TimeScale = "0.1" }).Faults[0] is var fault ? (fault.At.TotalSeconds, fault.For.TotalSeconds) : default));

    [Fact]
    public void A_distribution_is_drawn_from_the_seed_and_for_each_name_apart()
    {
        const string Random = """
            faults:
              chaos: { at: 1m..4m, for: 5s..20s, times: 3, every: 10s..30s, freeze: llm }
              outage: { at: 5m..6m, for: 1m, kill: embedding }
            """;
        var text = Plan[..Plan.IndexOf("faults:", StringComparison.Ordinal)] + Random + "\nobjectives: [errors < 1%]\n";
        var plan = Good(text);
        var chaos = plan.Faults.Where(fault => fault.Name == "chaos").ToList();
        Assert.Equal(3, chaos.Count);
        Assert.InRange(chaos[0].At.TotalSeconds, 60, 240);
        for (var i = 1; i < 3; i++)
            Assert.InRange((chaos[i].At - chaos[i - 1].End).TotalSeconds, 10, 30);
        Assert.All(chaos, fault => Assert.InRange(fault.For.TotalSeconds, 5, 20));
        Assert.Equal(plan.Faults, Good(text).Faults, (one, other) => one.At == other.At && one.For == other.For);
        Assert.NotEqual(chaos[0].At, Good(text, new PlanOverrides { Seed = "2" }).Faults.First(fault => fault.Name == "chaos").At);
        Assert.Equal(chaos[0].At, Good(text, PlanTexts.Set("faults.outage.at=7m")).Faults.First(fault => fault.Name == "chaos").At);
    }

    [Theory]
    [InlineData("hold: { at: 1m, for: 1s, kill: embedding }", "faults.hold: 'hold' is the name of a phase or a scenario already")]
    [InlineData("x: { for: 1s, kill: embedding }", "faults.x.at: is missing; add, for example, 'at: 5m'")]
    [InlineData("x: { at: 1m, kill: embedding }", "faults.x.for: is missing; add, for example, 'for: 3m'")]
    [InlineData("x: { at: 1m, for: 1s }", "faults.x: does not say what it does; add one of kill, stop, freeze, toxic, inject, cpu, memory, fill, command")]
    [InlineData("x: { at: 1m, for: 1s, kill: embedding, cpu: 1 }", "faults.x.cpu: is given together with 'kill', and a fault does one thing")]
    [InlineData("x: { at: 1m, for: 1s, kill: embedding, on: llm }", "faults.x.on: does not belong to 'kill'; remove it")]
    [InlineData("x: { at: 1m, for: 1s, command: ls }", "faults.x: runs a command and does not say how to undo it")]
    [InlineData("x: { at: 1m, for: 1s, kill: embedding, times: 3 }", "faults.x.times: says that it comes several times, and not how far apart; add, for example, every: exponential(mean 1m)")]
    [InlineData("x: { at: 1m, for: 1s, kill: embedding, every: 3s }", "faults.x.every: says how far apart several are, and it comes once")]
    [InlineData("x: { at: 14m50s, for: 20s, kill: embedding }", "faults.x: would last until 15m10s, and the load ends at 15m")]
    [InlineData("x: { at: 1m, for: 16m, inject: embedding }", "faults.x.for: '16m' is longer than a service lets a fault be injected, which is 15m")]
    [InlineData("x: { at: 1m, for: 0s, freeze: embedding }", "faults.x.for: '0s' is too short: a fault that ends by itself lasts for 100ms at least")]
    [InlineData("x: { at: 1m, for: 1s, memory: 10 }", "faults.x.memory: '10' must be a size in KiB, MiB or GiB, such as 512MiB")]
    [InlineData("x: { at: 1m, for: 1s, kill: pod }", null)]
    [InlineData("x: { at: 1m, for: 1s, kill: 'host:a' }", "faults.x.kill: 'host:a' begins with 'host:', and a place is a process's name or begins with pid: or port: or unit: or container: or pod:")]
    [InlineData("x: { at: 1m, for: 1s, kill: 'port:99999' }", "faults.x.kill: 'port:99999' has no port behind 'port:', which is a number from 1 to 65535")]
    [InlineData("x: { at: 1m, for: 1s, freeze: 'pod:rag-0' }", "faults.x.freeze: 'pod:rag-0' is a pod, and Kubernetes can't freeze one; kill or stop it")]
    [InlineData("x: { at: 1m, for: 1s, kill: 'pid:1' }", "faults.x.kill: 'pid:1' has no process id behind 'pid:'")]
    [InlineData("x: { at: 1m, for: 1s, kill: 'container:a;b' }", "faults.x.kill: 'container:a;b' has no name that a process, unit, container or pod could have")]
    [InlineData("x: { at: 1m, for: 1s, kill: llm }", "faults.x.kill: 'llm' would end the run: nobody starts that process again; name a service")]
    [InlineData("x: { at: 1m, for: 1s, toxic: latensy }", "faults.x.toxic: 'latensy' is not a toxic; did you mean 'latency'?")]
    [InlineData("x: { at: 1m, for: 1s, toxic: latency, with: { latency: -3 } }", "faults.x.with: 'latency: -3' must be a whole number from 0 to")]
    [InlineData("x: { at: 1m, for: 1s, toxic: latency, with: { jiter: 3 } }", "faults.x.with: 'jiter' is not an attribute of the toxic 'latency'; did you mean 'jitter'?")]
    [InlineData("x: { at: 1m, for: 1s, toxic: connect_hang, share: 50% }", "faults.x.toxic: 'connect_hang' meets all connections, since none is known before it is answered; leave out 'share' and 'first', or write toxic: hang")]
    [InlineData("x: { at: 1m, for: 1s, toxic: latency, on: database }", "faults.x.on: 'database' is neither 'target' nor 'llm' nor the address of a proxy")]
    public void What_is_wrong_is_said_with_its_remedy(string fault, string? problem)
    {
        var problems = Read($"name: broken\npurpose: A service fails\ntarget: services\nload:\n  phases: {{ up: 1m, hold: 13m, down: 1m }}\nllm: {{}}\nfaults:\n  {fault}\nobjectives: [errors < 1%]\n").Problems;
        if (problem is null)
            Assert.Empty(problems);
        else
            Assert.StartsWith($"plan.yaml:8: {problem}", Assert.Single(problems).ToString());
    }

    [Theory]
    [InlineData("embedded", "kill: embedding", "has no process of its own in the target 'embedded', which runs in one; run with --target services, or inject the fault at the service's door: inject: embedding")]
    [InlineData("http://127.0.0.1:9000", "kill: embedding", "is a part's name, and the target's profile doesn't say where its parts run; write in the profile, for example, parts: { embedding: container:my-embedding }; or here pid:, port:, unit:, container:, pod: and what to strike")]
    [InlineData("http://127.0.0.1:9000", "toxic: latency, on: llm", "is the LLM of a target that Loadline starts, and this target runs already; put a proxy before its LLM (loadline proxy)")]
    [InlineData("http://127.0.0.1:9000", "toxic: latency", null)]
    [InlineData("http://127.0.0.1:9000", "kill: 'container:rag'", null)]
    [InlineData("embedded", "freeze: rag", null)]
    public void What_a_target_does_not_have_cant_be_disturbed(string target, string what, string? problem)
    {
        var problems = Read($"name: broken\npurpose: A service fails\ntarget: {target}\nload:\n  phases: {{ up: 1m, hold: 13m, down: 1m }}\nllm: {{}}\nfaults:\n  x: {{ at: 1m, for: 1s, {what} }}\nobjectives: [errors < 1%]\n").Problems;
        if (problem is null)
            Assert.Empty(problems);
        else
            Assert.Contains(problem, Assert.Single(problems).ToString());
    }

    [Fact]
    public void Objectives_of_faults_that_could_not_be_read_are_no_problems_of_their_own() =>
        Assert.Single(Read(Plan.Replace("kill: embedding", "kil: embedding", StringComparison.Ordinal)).Problems, problem => problem.ToString().Contains("did you mean 'kill'?", StringComparison.Ordinal));

    private static PlanReading Read(string text, PlanOverrides? overrides = null) => PlanReader.Read(text, "plan.yaml", overrides, new ObjectiveRules(), faultRules: new FaultRules());

    private static Plan Good(string text, PlanOverrides? overrides = null)
    {
        var reading = Read(text, overrides);
        Assert.Empty(reading.Problems);
        return reading.Plan!;
    }
}
