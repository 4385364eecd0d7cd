using Loadline.Faults;
using Loadline.Plans.Reading;
using Loadline.Targets;
using Loadline.Tests.Recording;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Targets;

/// <summary>Parts of a target that Loadline didn't start: where its profile says that they run, faults of plans find them by name.</summary>
public sealed class PartsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_profile_says_where_parts_run() => Assert.Equal(
        [("generation", "port:8100"), ("vectors", "container:chroma")],
        Read("{ generation: 'port: 8100', vectors: container:chroma }").Parts.Select(part => (part.Key, part.Value)));

    [Theory]
    [InlineData("{ vectors: chroma }", "parts.vectors: 'chroma': is a name alone, and where a part runs begins with pid: or port: or unit: or container: or pod:")]
    [InlineData("{ vectors: 'port:chroma' }", "parts.vectors: 'port:chroma': has no port behind 'port:'")]
    [InlineData("{ vectors: 'container:a;b' }", "parts.vectors: 'container:a;b': has no name that")]
    [InlineData("{ vectors: [a] }", "must be a single text; write where it runs")]
    public void A_place_that_is_none_is_a_mistake(string parts, string problem) =>
        Assert.Contains(problem, Assert.Throws<TargetProfileException>(() => Read(parts)).Message);

    [Theory]
    [InlineData("{ vectors: container:chroma }", "kill: vectors", null)]
    [InlineData("{ vectors: container:chroma }", "kill: 'container:other'", null)]
    [InlineData("{ vectors: pod:chroma-0 }", "freeze: vectors", "faults.x.freeze: 'vectors' is a pod, and Kubernetes can't freeze one")]
    [InlineData("{ vectors: container:chroma, generation: port:8100 }", "kill: embedding", "faults.x.kill: 'embedding' is no part that the target's profile names, which are vectors, generation; write in the profile, for example, parts: { embedding: container:my-embedding }")]
    [InlineData("{}", "kill: embedding", "faults.x.kill: 'embedding' is a part's name, and the target's profile doesn't say where its parts run")]
    public void A_fault_finds_a_part_by_its_name_or_is_refused(string parts, string fault, string? problem)
    {
        var profile = _folder.File("target.yaml");
        File.WriteAllText(profile, Text(parts));
        var problems = PlanReader.Read(
            $"name: broken\npurpose: A part fails\ntarget: {profile}\nload:\n  phases: {{ up: 1m, hold: 13m, down: 1m }}\nfaults:\n  x: {{ at: 1m, for: 1s, {fault} }}\nobjectives: [errors < 1%]\n",
            "plan.yaml", null, new ObjectiveRules(), faultRules: new FaultRules()).Problems;
        if (problem is null)
            Assert.Empty(problems);
        else
            Assert.Contains(problem, Assert.Single(problems).ToString());
    }

    private static TargetProfile Read(string parts) => TargetProfileReader.Read(Text(parts));

    private static string Text(string parts) => $"name: a\nabout: b\nurl: http://127.0.0.1:9\nparts: {parts}\noperations:\n  query: {{ request: GET / }}\n";
}
