using System.Text.RegularExpressions;
using Xunit;

namespace EndToEnd.Tests.Runs.Defects;

/// <summary>
/// All twelve objectives of plans/objectives/rag.yaml in real runs over HTTP: they hold on a target that is well, and a defect planted for each turns its line to FAIL and leaves the others.
/// <code>
/// 0   1.2     2.7  3.5        6.0                  13 s
/// up |  burst    |  | outage   |  all is well again |
/// </code>
/// </summary>
[Collection(nameof(Undisturbed))]
public sealed partial class PlantedDefectTests(PlantedRuns runs) : IClassFixture<PlantedRuns>
{
    // Errors drag availability along by its definition: who gets more than 1 % errors is not available for 99.9 %.
    private static readonly (Defect Defect, string[] Breaks)[] Table =
    [
        (Defect.None, []),
        (Defect.SlowQuestions, ["query"]),
        (Defect.SlowUploads, ["upload"]),
        (Defect.SlowTokens, ["generation"]),
        (Defect.SomeFailures, ["availability"]),
        (Defect.FewUsers, ["users"]),
        (Defect.HeldUp, ["rate"]),
        (Defect.TightLimit, ["burst"]),
        (Defect.ManyFailures, ["errors", "availability"]),
        (Defect.StaysDegraded, ["recovered"]),
        (Defect.NoBreaker, ["breaker"]),
        (Defect.SlowFallback, ["fallback"]),
        (Defect.DammedQueue, ["queue"]),
    ];

    public static TheoryData<Defect> Defects { get; } = [.. Table.Select(row => row.Defect)];

    [Theory]
    [MemberData(nameof(Defects))]
    public async Task A_defect_turns_its_own_objective_to_fail_and_no_other(Defect defect)
    {
        var row = Table.First(row => row.Defect == defect);
        var expected = Objectives().ToDictionary(objective => objective.Value, objective => row.Breaks.Contains(objective.Key) ? "FAIL" : "PASS");
        expected["sent >= 99.9%"] = "PASS";
        var run = await runs.OfAsync(defect, run => run.HasLines(expected));
        Assert.True(run.HasLines(expected), $"expected {Text(expected)}, and got {Text(run.Lines)}:\n{run.Output}");
        // A generator on a busy machine may refuse to vouch for the whole; the lines stand all the same.
        Assert.True(run.Verdict == (defect == Defect.None ? "PASS" : "FAIL") || run.BlamesGenerator, run.Output);
    }

    [Fact]
    public void Each_of_the_twelve_objectives_has_a_defect()
    {
        var names = Objectives().Keys;
        Assert.Equal(12, names.Count);
        Assert.Equal(names.Order(), Table.SelectMany(row => row.Breaks).Distinct().Order());
        Assert.Equal(Enum.GetValues<Defect>().Order(), Table.Select(row => row.Defect).Order());
    }

    private static Dictionary<string, string> Objectives() =>
        Named().Matches(File.ReadAllText(Path.Combine(Binaries.Root, "plans", "objectives", "rag.yaml"))).ToDictionary(line => line.Groups[1].Value, line => line.Groups[2].Value.Trim().Trim('"'));

    private static string Text(IReadOnlyDictionary<string, string> results) => string.Join(", ", results.Where(line => line.Value != "PASS").Select(line => $"{line.Key}: {line.Value}").DefaultIfEmpty("PASS of all"));

    [GeneratedRegex(@"^    (\w+): (.+)$", RegexOptions.Multiline)]
    private static partial Regex Named();
}
