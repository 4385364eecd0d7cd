using Loadline.Plans.Reading;

namespace Loadline.Plans;

/// <summary>Objectives in a file of their own, so that several plans can take them: in groups, each under an id.</summary>
/// <param name="Name">What plans call it.</param>
/// <param name="Purpose">One sentence.</param>
/// <param name="Objectives">In the order of the file.</param>
public sealed record ObjectiveFile(string Name, string Purpose, IReadOnlyList<NamedObjective> Objectives)
{
    private static readonly ShippedFiles Shipped = new("plans/objectives/", "file of objectives");

    /// <summary>The shipped files' names.</summary>
    public static IReadOnlyList<string> Names => Shipped.Names;

    /// <summary>Finds a file by the name of a shipped one or by path.</summary>
    /// <param name="nameOrPath">The name or path.</param>
    /// <param name="relativeTo">The folder that a relative path counts from; empty for the working directory.</param>
    /// <param name="problem">Why there is none.</param>
    public static PlanFile? Find(string nameOrPath, string relativeTo, out PlanProblem? problem)
    {
        var file = Shipped.Find(nameOrPath, relativeTo, out problem);
        // A plan and a file of objectives may have the same name: problems must tell them apart.
        return file is not null && Shipped.Names.Contains(nameOrPath) ? file with { FileName = "objectives/" + file.FileName } : file;
    }

    /// <summary>Reads a file: the objectives, or all that is wrong with it at once. What single lines say is checked where a plan takes them.</summary>
    /// <param name="file">The file.</param>
    public static (ObjectiveFile? File, IReadOnlyList<PlanProblem> Problems) Read(PlanFile file)
    {
        var problems = new List<PlanProblem>();
        var read = ObjectiveFileReader.Read(file, problems);
        return (problems.Count > 0 ? null : read, [.. problems.OrderBy(problem => problem.Line ?? int.MaxValue)]);
    }
}

/// <summary>One objective of a file.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Id">Its id, the only one of the file.</param>
/// <param name="Text">As written, such as <c>query.p95 &lt; 3s</c>.</param>
/// <param name="Line">Its line, from 1.</param>
public sealed record NamedObjective(string Group, string Id, string Text, int Line);
