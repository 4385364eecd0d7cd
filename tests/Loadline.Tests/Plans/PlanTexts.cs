using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Plans;

internal static class PlanTexts
{
    public const string Least = """
        name: least
        purpose: The shortest plan there is
        objectives:
          - query.p95 < 3s
        """;

    public static PlanReading Read(string text, PlanOverrides? overrides = null) => PlanReader.Read(text, "plan.yaml", overrides, new ObjectiveRules());

    public static Plan Good(string text, PlanOverrides? overrides = null)
    {
        var reading = Read(text, overrides);
        Assert.Empty(reading.Problems);
        return reading.Plan!;
    }

    public static PlanProblem TheProblem(string text, PlanOverrides? overrides = null)
    {
        var reading = Read(text, overrides);
        Assert.Null(reading.Plan);
        return Assert.Single(reading.Problems);
    }

    public static PlanOverrides Set(params string[] settings) => new() { Set = settings };
}
