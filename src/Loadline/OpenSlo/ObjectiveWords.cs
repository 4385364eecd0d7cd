using System.Text.RegularExpressions;
using Loadline.Plans;
using Loadline.Verdicts;

namespace Loadline.OpenSlo;

/// <summary>
/// Understands objectives that belong to no plan: operations, scenarios, tags and spans are whatever the lines name, since the plans that take them will say whether
/// they have them.
/// </summary>
internal static partial class ObjectiveWords
{
    /// <summary>Reads a line: the objective, or what is wrong with it.</summary>
    public static (ObjectiveLine? Line, ObjectiveMistake? Mistake) Read(string text) => ObjectiveParser.Read(text, ContextOf(text));

    private static ObjectiveContext ContextOf(string text)
    {
        var operations = First().Matches(text).Select(match => match.Groups[1].Value).Where(word => !IsMetric(word)).Distinct().ToList();
        var pairs = Braces().Match(text) is { Success: true } braces
            ? braces.Groups[1].Value.Split(',').Select(pair => pair.Split(':', 2, StringSplitOptions.TrimEntries)).Where(pair => pair.Length == 2).ToList()
            : [];
        var name = pairs.Find(pair => pair[0] == "scenario")?[1] ?? Scenario.Default;
        var tags = pairs.Where(pair => pair[0] != "scenario").DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1]);
        var faults = OfFault().Matches(text).Select(match => match.Groups[1].Value).Distinct().ToList();
        return new ObjectiveContext(operations)
        {
            Scenarios = new Dictionary<string, IReadOnlyDictionary<string, string>> { [name] = tags },
            Spans = [.. During().Matches(text).Select(match => match.Groups[1].Value), .. faults.SelectMany(fault => new[] { PlanSpan.Before(fault), PlanSpan.After(fault) })],
            // Metrics of faults are of any that a plan has.
            Faults = [.. faults.DefaultIfEmpty("fault")],
            HasBaseline = true,
        };
    }

    private static bool IsMetric(string word) => MetricCatalog.All.Any(metric => metric.Name == word || metric.Name.StartsWith(word + ".", StringComparison.Ordinal));

    [GeneratedRegex(@"(?:^|\s|x )([a-z][a-z0-9_-]*)\.", RegexOptions.NonBacktracking)]
    private static partial Regex First();

    [GeneratedRegex(@"\{([^}]*)\}", RegexOptions.NonBacktracking)]
    private static partial Regex Braces();

    [GeneratedRegex(@"\bduring ([a-z][a-z0-9_-]*)", RegexOptions.NonBacktracking)]
    private static partial Regex During();

    [GeneratedRegex(@"\b(?:during|before|after) ([a-z][a-z0-9_-]*)", RegexOptions.NonBacktracking)]
    private static partial Regex OfFault();
}
