using Loadline.Plans.Reading;

namespace Loadline.Plans;

/// <summary>A plan that was found, not yet understood.</summary>
/// <param name="FileName">What problems call it.</param>
/// <param name="Text">The YAML.</param>
public sealed record PlanFile(string FileName, string Text);

/// <summary>A shipped plan.</summary>
/// <param name="Name">What <c>loadline run</c> takes.</param>
/// <param name="Purpose">One sentence.</param>
/// <param name="Variants">The plan's variants, such as <c>service=embedding</c>; empty where it has none.</param>
public sealed record PlanListing(string Name, string Purpose, IReadOnlyList<string> Variants);

/// <summary>The plans that Loadline ships with, and plans by path.</summary>
public static class PlanCatalog
{
    private static readonly string[] OtherKinds = ["targets/", "objectives/", "suites/"];

    private static readonly ShippedFiles Shipped = new("plans/", "plan", name => !OtherKinds.Any(kind => name.StartsWith(kind, StringComparison.Ordinal)));

    /// <summary>The shipped plans by name.</summary>
    public static IReadOnlyList<PlanListing> List() => [.. Shipped.Names.Select(Listing)];

    /// <summary>The names of the shipped plans.</summary>
    public static IReadOnlyList<string> Names => Shipped.Names;

    /// <summary>Finds a plan by the name of a shipped one or by path; what has a slash, a backslash or a YAML extension is a path, unless it is the name of a shipped plan.</summary>
    /// <param name="nameOrPath">The name or path.</param>
    /// <param name="problem">Why there is none.</param>
    public static PlanFile? Find(string nameOrPath, out PlanProblem? problem) => Shipped.Find(nameOrPath, "", out problem);

    /// <summary>The same, with relative paths that count from a folder.</summary>
    internal static PlanFile? Find(string nameOrPath, string relativeTo, out PlanProblem? problem) => Shipped.Find(nameOrPath, relativeTo, out problem);

    /// <summary>A shipped file by its path in the repository, such as <c>plans/targets/rag.yaml</c>; null where there is none.</summary>
    public static string? Resource(string path) => ShippedFiles.Resource(path);

    // Listing must not fail because of one broken plan; tests see to it that shipped ones are whole.
    private static PlanListing Listing(string name)
    {
        var reading = PlanReader.Read(Shipped.TextOf(name)!, name);
        return new PlanListing(name, reading.Plan?.Purpose ?? "", [.. reading.Plans.Where(plan => plan.Variant.Choices.Count > 0).Select(plan => plan.Variant.Text)]);
    }
}
