using System.Text.RegularExpressions;
using Loadline.Plans.Quantities;

namespace Loadline.Plans.Reading;

/// <summary>
/// Operations of a plan's mixes that its target doesn't have. A misspelt one is said to be that. Others say what the target can't do at all, as an LLM server can't
/// take documents in: then the remedy is everything that makes this plan one for this target, objectives and documents included, ready to be appended to the command.
/// </summary>
internal static partial class LackingOperations
{
    private const string Query = "query", Upload = "upload";

    /// <summary>What is wrong with the mixes.</summary>
    /// <param name="values">The plan's values.</param>
    /// <param name="known">The operations that the target has.</param>
    /// <param name="holds">Whether an objective may stand in a plan whose mixes have these operations alone.</param>
    public static IEnumerable<PlanProblem> Find(PlanValues values, IReadOnlyCollection<string> known, Func<string, IReadOnlyCollection<string>, bool> holds)
    {
        var target = values.Get<string>("target");
        var unknown = values.Operations.Where(operation => !known.Contains(operation.Name)).ToList();
        foreach (var (path, name, origin) in unknown)
            if (Nearest.To(name, known) is { } meant)
                yield return origin.Problem($"{path}.{name}", name, $"is not an operation of the target '{target}'", $"did you mean '{meant}'?");
        var lacking = unknown.Where(operation => Nearest.To(operation.Name, known) is null).ToList();
        if (lacking.Count == 0)
            yield break;
        var changes = string.Concat(lacking.Select(operation => operation.Path).Distinct().Select(path => $" --set {Quoted($"{path}={{{Kept(values, path, known)}}}")}")) + Rest(values, known, lacking, holds);
        foreach (var mix in lacking.GroupBy(operation => operation.Path))
            yield return mix.First().Origin.Problem(
                mix.Key, null, $"has {And(mix.Select(operation => $"'{operation.Name}'"))}, which the target '{target}' lacks; its operations are: {string.Join(", ", known)}",
                mix.Key == lacking[0].Path ? "add them to its profile, or run without them:" + changes : "add them to its profile, or run without them, as above");
    }

    // What is left of a mix; where nothing is, what the target is there for.
    private static string Kept(PlanValues values, string path, IReadOnlyCollection<string> known)
    {
        var kept = values.Get<Dictionary<string, double>>(path).Where(weight => known.Contains(weight.Key)).ToList();
        return kept.Any(weight => weight.Key != "status")
            ? string.Join(", ", kept.Select(weight => $"{weight.Key}: {Numbers.Text(weight.Value)}"))
            : string.Join(", ", known.Where(name => name != "status").DefaultIfEmpty("status").Select(name => name + ": 1"));
    }

    private static string Rest(
        PlanValues values, IReadOnlyCollection<string> known, List<(string Path, string Name, Origin Origin)> lacking, Func<string, IReadOnlyCollection<string>, bool> holds)
    {
        var (takesNone, answersNone) = (lacking.Exists(operation => operation.Name == Upload), lacking.Exists(operation => operation.Name == Query));
        var mixed = values.Operations.Select(operation => operation.Name).Where(known.Contains).Distinct().ToList();
        var objectives = values.Lines.Select(line => line.Text).ToList();
        var kept = objectives.Where(text => holds(text, mixed) && !(takesNone && OfDocuments().IsMatch(text)) && !(answersNone && OfAnswers().IsMatch(text))).ToList();
        var changes = takesNone && values.IsRead("data.documents") && values.Number("data.documents") > 0 ? " --set data.documents=0" : "";
        if (kept.Count == objectives.Count)
            return changes;
        return changes + " --set " + Quoted($"objectives=[{string.Join(", ", kept.DefaultIfEmpty("errors < 1%").Select(Scalar))}]");
    }

    // In a YAML list; commas and colons would end a plain one.
    private static string Scalar(string text) => text.IndexOfAny([',', ':', '#', '[', ']', '{', '}', '"', '\\']) < 0 ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Quoted(string argument) => "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static string And(IEnumerable<string> names) => names.ToList() is [.. var first, var last] && first.Count > 0 ? $"{string.Join(", ", first)} and {last}" : names.First();

    // What is only known of documents that the run gave the target.
    [GeneratedRegex(@"\b(correct|searchable)\b")]
    private static partial Regex OfDocuments();

    [GeneratedRegex(@"\b(ttft|gap|generation\.speed)\b")]
    private static partial Regex OfAnswers();
}
