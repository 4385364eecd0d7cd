using System.CommandLine;
using Loadline.OpenSlo;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Targets;

namespace Loadline.Cli;

/// <summary><c>loadline slo</c>: objectives as OpenSLO, and OpenSLO as a file of objectives.</summary>
internal static class SloCommand
{
    public static Command Create() => new("slo", "Write objectives as OpenSLO v1, or read OpenSLO v1 into a file of objectives.") { Export(), Import() };

    private static Option<string?> Out() => new("--out") { Description = "The file to write. Default: standard output.", HelpName = "FILE" };

    private static Command Export()
    {
        var what = new Argument<string>("PLAN|OBJECTIVES") { Description = "The name or path of a plan or of a file of objectives; of one name the plan is meant." };
        var target = Out();
        var command = new Command("export", "Write the objectives of a plan, or of a file of them, as OpenSLO v1; what it can't say is told.") { what, target };
        command.SetAction(arguments =>
        {
            if (Read(arguments.GetRequiredValue(what)) is not { } objectives)
                return ExitCode.BadPlan;
            var text = SloWriter.Write(objectives, out var notCarried);
            Say(notCarried, "is left out");
            return notCarried.Count == objectives.Objectives.Count ? Refuse("nothing of it can be said in OpenSLO") : Write(text, arguments.GetValue(target));
        });
        return command;
    }

    private static Command Import()
    {
        var file = new Argument<string>("FILE") { Description = "A file of OpenSLO v1: SLOs with their SLIs, several documents." };
        var target = Out();
        var command = new Command("import", "Read OpenSLO v1 into a file of objectives, which plans take: objectives: [{ from: FILE }]. What can't be carried over is told.") { file, target };
        command.SetAction(arguments =>
        {
            var path = arguments.GetRequiredValue(file);
            try
            {
                var read = SloReader.Read(new PlanFile(path, File.ReadAllText(path)), out var notCarried, out var problems);
                if (read is null)
                    return Refuse(string.Join("\n  ", problems.Select(problem => problem.ToString()).Prepend(problems.Count == 1 ? "The file has a problem:" : $"The file has {problems.Count} problems:")));
                Say(notCarried, "is not carried over");
                return read.Objectives.Count == 0 ? Refuse($"{path}: nothing of it is an objective of a load test") : Write(SloReader.Yaml(read), arguments.GetValue(target));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                return Refuse($"{path}: the file can't be read: {problem.Message.TrimEnd('.')}; name a file of OpenSLO v1");
            }
        });
        return command;
    }

    private static ObjectiveFile? Read(string name)
    {
        if (ObjectiveFile.Names.Contains(name) && !PlanCatalog.Names.Contains(name))
            return OfFile(ObjectiveFile.Find(name, "", out PlanProblem? _)!);
        if (PlanCatalog.Find(name, out var problem) is not { } file)
        {
            Refuse($"{problem}; files of objectives are: {string.Join(", ", ObjectiveFile.Names)}");
            return null;
        }
        // Both have a name, a purpose and objectives; a plan's are a list.
        if (ObjectiveFile.Read(file).Problems.Count == 0)
            return OfFile(file);
        var reading = PlanReader.Read(file.Text, file.FileName, null, new Verdicts.ObjectiveRules(), KnownTargets.OperationsOf, KnownTargets.InsideOf, new Faults.FaultRules());
        if (reading.Plan is null)
            Refuse(new PlanException(reading.Problems).Message);
        return reading.Plan is { } plan ? SloWriter.Of(plan) : null;
    }

    private static ObjectiveFile? OfFile(PlanFile file)
    {
        var (read, problems) = ObjectiveFile.Read(file);
        if (read is null)
            Refuse(string.Join('\n', problems));
        return read;
    }

    private static void Say(IReadOnlyList<NotCarried> notCarried, string what)
    {
        foreach (var one in notCarried)
            Console.Error.WriteLine($"note: {one.Text} {what}: {one.Why}");
    }

    private static int Write(string text, string? path)
    {
        if (path is null)
        {
            Console.Write(text);
            return ExitCode.Passed;
        }
        try
        {
            File.WriteAllText(path, text);
            Console.WriteLine($"written    {path}");
            return ExitCode.Passed;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Refuse($"--out {path}: {problem.Message.TrimEnd('.')}; name a file that can be written");
        }
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return ExitCode.BadPlan;
    }
}
