using System.CommandLine;
using Loadline.Plans;
using Loadline.Targets;

namespace Loadline.Cli;

/// <summary><c>loadline list</c>: the plans and target profiles that there are.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the plans, suites and target profiles that Loadline ships with.");
        command.SetAction(_ =>
        {
            Write("Plans (loadline run NAME)", PlanCatalog.List().Select(p => (p.Name, p.Purpose)));
            Write("Targets (--target NAME; of a profile also NAME@URL)", KnownTargets.List());
            Console.WriteLine("Suites: none yet.");
            return ExitCode.Passed;
        });
        return command;
    }

    private static void Write(string title, IEnumerable<(string Name, string About)> rows)
    {
        Console.WriteLine(title);
        foreach (var (name, about) in rows)
            Console.WriteLine($"  {name,-18} {about}");
        Console.WriteLine();
    }
}
