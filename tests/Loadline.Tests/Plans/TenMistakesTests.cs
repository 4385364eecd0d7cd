using Xunit;

namespace Loadline.Tests.Plans;

public class TenMistakesTests
{
    private const string Plan = """
        name: Broken Plan
        purpose: Ten mistakes, each found
        seed: -4
        lode:
          users: 10
        load:
          users: 0
          phases: { up: 5, hold: 45s, down: 5s }
          think: 1.5s..0.5s
          mix: { qurey: 40, upload: 25 }
          stream: 0.5
        data:
          words: lognormal(median 120)
        objectives:
          - upload.p95 < 10 sec
          - upload.erors < 1%
        """;

    private const string Expected = """
        broken.yaml:1: name: 'Broken Plan' must be lower-case words of letters and digits joined by hyphens, at most 64 characters; write, for example, steady
        broken.yaml:3: seed: '-4' must be a whole number from 0 to 18446744073709551615; write, for example, 1
        broken.yaml:4: lode: 'lode' is not a key of a plan; did you mean 'load'?
        broken.yaml:7: load.users: '0' must be a whole number of users from 1 to 100000; write, for example, 1000
        broken.yaml:8: load.phases.up: '5' needs a unit: 5s is seconds, 5ms milliseconds, 5m minutes; write, for example, 2m
        broken.yaml:9: load.think: '1.5s..0.5s' must have its lower end first: 0.5s..1.5s; write, for example, 0.5s..1.5s
        broken.yaml:10: load.mix.qurey: 'qurey' is not an operation of the target 'embedded'; did you mean 'query'?
        broken.yaml:11: load.stream: '0.5' must be a share from 0% to 100%, with the percent sign; write, for example, 100%
        broken.yaml:13: data.words: 'lognormal(median 120)' must have 2 values and be written lognormal(median X, p99 Y); write, for example, 180..260
        broken.yaml:15: objectives: 'upload.p95 < 10 sec' has the limit '10 sec', which has the unknown unit 'sec': write d, h, m, s, ms or us; write, for example, upload.p95 < 3s
        broken.yaml:16: objectives: 'upload.erors < 1%' names the unknown metric 'erors'; did you mean 'errors'?
        """;

    [Fact]
    public void Every_mistake_is_reported_at_once_with_its_line_its_rule_and_its_remedy()
    {
        var reading = Loadline.Plans.Reading.PlanReader.Read(Plan, "broken.yaml", null, new Loadline.Verdicts.ObjectiveRules());
        Assert.Null(reading.Plan);
        Assert.Equal(Expected.ReplaceLineEndings("\n"), string.Join('\n', reading.Problems));
    }
}
