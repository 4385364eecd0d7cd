using System.Globalization;
using Loadline.Faults;
using Loadline.Plans;
using Loadline.Plans.Quantities;
using Loadline.Plans.Reading;
using Loadline.Runs;
using Loadline.Targets;
using Loadline.Verdicts;

namespace Loadline.Suites;

/// <summary>Reads all plans of a suite before the first is run: what is wrong with any of them is said at once, and not after hours.</summary>
/// <param name="suite">The suite.</param>
/// <param name="overrides">What the command line changes in every plan. Its time scale multiplies those of the runs; its baseline is an earlier suite's folder.</param>
/// <param name="folder">The suite's folder; paths of plans count from it.</param>
public sealed class SuitePreparation(Suite suite, PlanOverrides overrides, string folder = "")
{
    private readonly List<string> _problems = [];
    private readonly HashSet<string> _names = [];

    /// <summary>The suite, ready; or everything that is wrong, a line each.</summary>
    /// <param name="problems">What is wrong; empty when nothing is.</param>
    public PreparedSuite? Prepare(out IReadOnlyList<string> problems)
    {
        var earlier = Earlier();
        var runs = suite.Entries.SelectMany(entry => Runs(entry, earlier)).ToList();
        problems = [.. _problems.Distinct()];
        return problems.Count > 0 ? null : new PreparedSuite(suite, runs, suite.Pause * (overrides.TimeScale is { } scale && Numbers.TryParse(scale, out var factor) ? factor : 1));
    }

    private IEnumerable<PlannedRun> Runs(SuiteEntry entry, SuiteSummary? earlier)
    {
        if (PlanCatalog.Find(entry.Plan, folder, out var missing) is not { } file)
        {
            _problems.Add(entry.Where.Length == 0 ? missing!.ToString() : (missing! with { Where = entry.Where }).ToString());
            yield break;
        }
        var changed = Overrides(entry);
        var reading = PlanReader.Read(file.Text, file.FileName, changed, new ObjectiveRules(), KnownTargets.OperationsOf, KnownTargets.InsideOf, new FaultRules());
        _problems.AddRange(reading.Problems.Select(problem => problem.ToString()));
        foreach (var plan in reading.Plans)
            if (Run(entry, plan, changed, earlier) is { } run)
                yield return run;
    }

    private PlannedRun? Run(SuiteEntry entry, Plan plan, PlanOverrides changed, SuiteSummary? earlier)
    {
        try
        {
            var (profile, address) = KnownTargets.Resolve(plan.Target);
            var name = entry.Name is null ? plan.RunName : plan.Variant.Choices.Count == 0 ? entry.Name : $"{entry.Name}-{plan.Variant.Suffix}";
            var unique = Enumerable.Range(2, int.MaxValue - 2).Select(number => $"{name}-{number}").Prepend(name).First(_names.Add);
            // A run that the earlier suite did not have is compared with nothing.
            if (earlier is not null)
                plan = plan with { Baseline = earlier.Runs.FirstOrDefault(run => run.Name == unique)?.Folder is { } before ? Path.Combine(overrides.Baseline!, before) : null };
            if (plan.Baseline is { } baseline)
                Baselines.Read(baseline);
            return new PlannedRun(unique, plan, profile, address, CommandLine(entry.Plan, plan, changed), entry.StopsOnFailure ?? suite.StopsOnFailure);
        }
        catch (Exception problem) when (problem is TargetProfileException or BaselineException)
        {
            _problems.Add(problem.Message);
            return null;
        }
    }

    private PlanOverrides Overrides(SuiteEntry entry) => new()
    {
        Set = [.. entry.Set, .. overrides.Set],
        Target = overrides.Target ?? entry.Target,
        Users = overrides.Users ?? entry.Users,
        Seed = overrides.Seed ?? entry.Seed,
        TimeScale = Product(entry.TimeScale, overrides.TimeScale),
        Variant = [.. entry.Variant, .. overrides.Variant],
        // A plan that is compared needs to know that it will be: which run it is, is known once it has a name.
        Baseline = overrides.Baseline,
    };

    // What is no number is left for the plan's own rules to refuse.
    private static string? Product(string? own, string? given) =>
        own is null || given is null ? own ?? given
        : Numbers.TryParse(own, out var one) && Numbers.TryParse(given, out var other) ? (one * other).ToString("R", CultureInfo.InvariantCulture) : given;

    private SuiteSummary? Earlier()
    {
        if (overrides.Baseline is not { } path)
            return null;
        try
        {
            return SuiteJson.Read(path);
        }
        catch (SuiteFolderException problem)
        {
            _problems.Add($"--baseline {path}: of a suite it is an earlier suite's folder; {problem.Message}");
            return null;
        }
    }

    private static string CommandLine(string name, Plan plan, PlanOverrides changed)
    {
        var words = new List<string> { "loadline", "run", name };
        void Add(string option, string? value) => words.AddRange(value is null ? [] : [option, value]);
        foreach (var (variant, value) in plan.Variant.Choices)
            Add("--variant", $"{variant}={value}");
        Add("--target", changed.Target);
        Add("--users", changed.Users);
        Add("--time-scale", changed.TimeScale);
        Add("--seed", changed.Seed);
        Add("--baseline", plan.Baseline);
        foreach (var setting in changed.Set)
            Add("--set", setting);
        return string.Join(' ', words.Select(word => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word));
    }
}
