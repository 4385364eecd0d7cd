using Loadline.Plans;
using Loadline.Plans.Reading;

namespace Loadline.Suites;

/// <summary>The suites that Loadline ships with, and what <c>loadline run NAME</c> stands for: a plan or a suite.</summary>
public static class SuiteCatalog
{
    private const string Folder = "suites/";

    private static readonly ShippedFiles Shipped = new("plans/" + Folder, "suite");

    /// <summary>The names of the shipped suites.</summary>
    public static IReadOnlyList<string> Names => Shipped.Names;

    /// <summary>The shipped suites in the order of their names.</summary>
    public static IReadOnlyList<Suite> List() => [.. Names.Select(name => SuiteReader.Read(Find(Folder + name, out _, out _)!).Suite).OfType<Suite>()];

    /// <summary>
    /// Finds a plan or a suite. A plan's name goes before a suite's, and <c>suites/NAME</c> is the suite whatever plans there are; a path is a suite where its file has
    /// <c>runs</c>.
    /// </summary>
    /// <param name="nameOrPath">The name or path.</param>
    /// <param name="isSuite">Which of the two it is.</param>
    /// <param name="problem">Why there is none.</param>
    public static PlanFile? Find(string nameOrPath, out bool isSuite, out PlanProblem? problem)
    {
        (isSuite, problem) = (false, null);
        var name = nameOrPath.StartsWith(Folder, StringComparison.Ordinal) ? nameOrPath[Folder.Length..] : nameOrPath;
        if (Shipped.TextOf(name) is { } text && (name != nameOrPath || !PlanCatalog.Names.Contains(name)))
        {
            isSuite = true;
            return new PlanFile(Folder + name + ".yaml", text);
        }
        if (name != nameOrPath && !File.Exists(nameOrPath))
            return Shipped.Find(name, "", out problem);
        if (PlanCatalog.Find(nameOrPath, out problem) is not { } file)
        {
            if (problem is { Received: not null })
                problem = problem with
                {
                    Rule = "is neither a plan nor a suite that Loadline ships with",
                    Remedy = Nearest.Sentence(nameOrPath, [.. PlanCatalog.Names, .. Names.Where(suite => !PlanCatalog.Names.Contains(suite))], "plans and suites") + " One of your own is named by its path, such as ./my-plan.yaml",
                };
            return null;
        }
        isSuite = PlanTree.Read(file.Text, file.FileName, null, []) is MapNode root && root.Find("runs") is not null;
        return file;
    }
}
