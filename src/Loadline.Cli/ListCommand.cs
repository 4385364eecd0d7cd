using System.CommandLine;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Suites;
using Loadline.Targets;

namespace Loadline.Cli;

/// <summary><c>loadline list</c>: the plans and target profiles that there are.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the plans, suites, files of objectives and target profiles that Loadline ships with.");
        command.SetAction(_ =>
        {
            Write("Plans (loadline run NAME)", PlanCatalog.List().Select(p => (p.Name, p.Purpose + (p.Variants.Count == 0 ? "" : $" ({p.Variants.Count} runs: {string.Join("; ", p.Variants)})"))));
            Write("Suites (loadline run suites/NAME)", SuiteCatalog.List().Select(s => (s.Name, $"{s.Purpose} {(s.Schedule is null ? "" : s.Schedule + ": ")}{string.Join(", ", s.Entries.Select(entry => entry.Plan))}")));
            Write("Objectives (objectives: [{ from: NAME }])", ObjectiveFile.Names.Select(name => (name, ObjectiveFile.Read(ObjectiveFile.Find(name, "", out PlanProblem? _)!).File?.Purpose ?? "")));
            Write("Targets (--target NAME; of a profile also NAME@URL)", KnownTargets.List());
            return ExitCode.Passed;
        });
        return command;
    }

    private static void Write(string title, IEnumerable<(string Name, string About)> rows)
    {
        Console.WriteLine(title);
        foreach (var (name, about) in rows)
            Console.WriteLine($"  {name,-22} {about}");
        Console.WriteLine();
    }
}
