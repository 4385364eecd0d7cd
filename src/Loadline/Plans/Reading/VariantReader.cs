using System.Text.RegularExpressions;
using Loadline.Plans.Keys;

namespace Loadline.Plans.Reading;

/// <summary>Reads <c>variants</c>: the runs that a plan makes, and what each writes in place of <c>${name}</c>.</summary>
internal static partial class VariantReader
{
    private const int MostValues = 20, MostRuns = 50;

    /// <summary>Every combination that is asked for, in the plan's order; a plan without variants has one.</summary>
    /// <param name="root">The plan.</param>
    /// <param name="wanted"><c>name=value</c> of <c>--variant</c>, which leave out the others of that name.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static IReadOnlyList<PlanVariant> Read(MapNode root, IReadOnlyList<string> wanted, List<PlanProblem> problems)
    {
        var choices = new List<(string Name, List<string> Values)>();
        if (root.Find("variants")?.Value is MapNode map)
            foreach (var entry in map.Entries)
                if (Values(entry, problems) is { Count: > 0 } values)
                    choices.Add((entry.Key, values));
        foreach (var text in wanted)
            Choose(choices, text, problems);
        var runs = choices.Aggregate<(string Name, List<string> Values), IEnumerable<PlanVariant>>(
            [PlanVariant.None], (all, choice) => all.SelectMany(run => choice.Values.Select(value => new PlanVariant([.. run.Choices, (choice.Name, value)]))));
        if (choices.Aggregate(1L, (product, choice) => product * choice.Values.Count) is > MostRuns and var count)
        {
            problems.Add(root.Find("variants")!.Origin.Problem("variants", null, $"makes {count} runs, and a plan may make {MostRuns}", "leave values out, or choose some with --variant"));
            return [PlanVariant.None];
        }
        return [.. runs];
    }

    /// <summary>The plan of one run: <c>${name}</c> in its values is the variant's value.</summary>
    /// <param name="node">The plan as written.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="problems">Takes names that no variant has.</param>
    public static PlanNode Fill(PlanNode node, PlanVariant variant, List<PlanProblem> problems) => node switch
    {
        MapNode map => map with { Entries = [.. map.Entries.Select(entry => entry with { Value = Fill(entry.Value, variant, problems) })] },
        ListNode list => list with { Items = [.. list.Items.Select(item => Fill(item, variant, problems))] },
        ScalarNode scalar when scalar.Text.Contains("${", StringComparison.Ordinal) => scalar with { Text = Fill(scalar, variant, problems) },
        _ => node,
    };

    private static string Fill(ScalarNode scalar, PlanVariant variant, List<PlanProblem> problems) => Placeholder().Replace(scalar.Text, match =>
    {
        var name = match.Groups[1].Value;
        if (variant.Choices.FirstOrDefault(choice => choice.Name == name) is { Name: not null } found)
            return found.Value;
        var known = variant.Choices.Select(choice => choice.Name).ToList();
        problems.Add(scalar.Origin.Problem("", match.Value, "names no variant of this plan", known.Count == 0
            ? $"add 'variants: {{ {(name.Length == 0 ? "service" : name)}: [first, second] }}' to the plan, or write the value out"
            : Nearest.Advice(name, known, "variants")));
        return match.Value;
    });

    private static List<string>? Values(MapEntry entry, List<PlanProblem> problems)
    {
        var path = $"variants.{entry.Key}";
        var kind = new VariantKind();
        var before = problems.Count;
        if (!Word().IsMatch(entry.Key))
            problems.Add(entry.Origin.Problem(path, entry.Key, "must be a name: a lower-case letter, then letters, digits, _ or -; at most 40", "write, for example, service"));
        if (entry.Value is not ListNode { Items.Count: > 0 and <= MostValues } list)
        {
            problems.Add(entry.Origin.Problem(path, null, $"must be a list of 1 to {MostValues} values", $"write, for example, {entry.Key}: [embedding, generation]"));
            return null;
        }
        var values = new List<string>();
        foreach (var item in list.Items)
        {
            var text = (item as ScalarNode)?.Text ?? "a list or section";
            if (!kind.TryRead(text, out _, out var why))
                problems.Add(item.Origin.Problem(path, text, why, $"write, for example, {entry.Key}: [embedding, generation]"));
            else if (values.Contains(text))
                problems.Add(item.Origin.Problem(path, text, "is there twice", "remove one of the two"));
            else
                values.Add(text);
        }
        return problems.Count == before ? values : null;
    }

    private static void Choose(List<(string Name, List<string> Values)> choices, string text, List<PlanProblem> problems)
    {
        var origin = new Origin("", 0, $"--variant {text}");
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            problems.Add(origin.Problem("", text, "must be name=value", "write, for example, --variant service=embedding"));
            return;
        }
        var (name, value) = (text[..equals].Trim(), text[(equals + 1)..].Trim());
        var at = choices.FindIndex(choice => choice.Name == name);
        if (at < 0)
            problems.Add(origin.Problem("variants", name, "is no variant of this plan", choices.Count == 0 ? "this plan has no variants: leave --variant out" : Nearest.Advice(name, [.. choices.Select(choice => choice.Name)], "variants")));
        else if (!choices[at].Values.Contains(value))
            problems.Add(origin.Problem($"variants.{name}", value, "is not one of its values", Nearest.Advice(value, choices[at].Values, "values")));
        else
            choices[at] = (name, [value]);
    }

    [GeneratedRegex(@"\$\{([^{}]*)\}", RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();

    [GeneratedRegex("^[a-z][a-z0-9_-]{0,39}$", RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
