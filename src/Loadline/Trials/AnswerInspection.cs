using System.Text;
using System.Text.Json;
using Loadline.Plans.Reading;
using Loadline.Targets;

namespace Loadline.Trials;

/// <summary>Explains an answer by a profile's rules: what each path leads to, and where one leads nowhere, which keys there are instead.</summary>
internal static class AnswerInspection
{
    private const int MostValues = 5, LongestValue = 160, MostKeys = 20;

    /// <summary>Explains an answer that came in one piece.</summary>
    /// <param name="rules">The profile's rules.</param>
    /// <param name="body">The answer.</param>
    internal static IEnumerable<TrialFinding> Of(AnswerRules rules, string body)
    {
        if (rules.Rules.Count == 0)
            yield break;
        if (Parse(body) is not { } json)
        {
            yield return new TrialFinding(FindingKind.Wrong, "answer", $"is not JSON: it begins with '{Short(body)}'");
            yield break;
        }
        using (json)
        {
            // Several paths for one part are alternatives: where one leads somewhere, the others need not.
            foreach (var part in rules.Rules.GroupBy(rule => rule.Part))
            {
                var found = part.Where(rule => rule.When is not { } when || Values(json.RootElement, when.Path).Any(value => Text(value) == when.EqualTo))
                    .Select(rule => (Rule: rule, Values: Values(json.RootElement, rule.Path).Where(value => Counts(rule, value)).ToList())).ToList();
                var word = $"answer.{AnswerReader.WordFor(part.Key)}";
                var hits = found.Where(entry => entry.Values.Count > 0).ToList();
                foreach (var (rule, values) in hits)
                    yield return new TrialFinding(part.Key is AnswerPart.Error or AnswerPart.Throttled ? FindingKind.Wrong : FindingKind.Understood, word, $"{rule.Path}: {Shown(values)}");
                if (part.Key is AnswerPart.Error or AnswerPart.Throttled or AnswerPart.Degraded)
                    continue;
                foreach (var (rule, values) in found.Where(entry => entry.Values.Count == 0 && (hits.Count == 0 || part.Key == AnswerPart.Required)))
                    yield return new TrialFinding(part.Key == AnswerPart.Required ? FindingKind.Wrong : FindingKind.Missing, word, Lost(json.RootElement, rule.Path));
            }
        }
    }

    /// <summary>Which values a path leads to.</summary>
    internal static IReadOnlyList<JsonElement> Values(JsonElement root, JsonPath path)
    {
        IEnumerable<JsonElement> values = [root];
        foreach (var step in path.Steps)
            values = values.SelectMany(value => Step(value, step));
        return [.. values];
    }

    /// <summary>Where a path leads nowhere: the last place that there is, and what is there.</summary>
    internal static string Lost(JsonElement root, JsonPath path)
    {
        IReadOnlyList<JsonElement> here = [root];
        var reached = new StringBuilder("$");
        foreach (var step in path.Steps)
        {
            List<JsonElement> next = [.. here.SelectMany(value => Step(value, step))];
            if (next.Count == 0)
                return $"{path} leads nowhere: {Described(here, reached.ToString(), step)}";
            reached.Append(step.Name is { } name ? "." + Encoding.UTF8.GetString(name) : step.Index is { } index ? $"[{index}]" : "[*]");
            here = next;
        }
        return $"{path} is there and {(here.All(value => value.ValueKind == JsonValueKind.Null) ? "null" : "empty, or not what it must be")}: {Shown(here)}";
    }

    internal static JsonDocument? Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length > LongestValue ? line[..LongestValue] + "…" : line;
    }

    /// <summary>The names that an object has, for a person who looks for the right one.</summary>
    internal static string Keys(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Select(property => property.Name).Take(MostKeys).ToList() is { Count: > 0 } names ? string.Join(", ", names) : "nothing",
        JsonValueKind.Array => element.GetArrayLength() == 0 ? "an empty list" : $"a list of {element.GetArrayLength()}, each with {Keys(element[0])}",
        _ => $"the value {Short(element.GetRawText())}",
    };

    internal static bool Counts(AnswerRule rule, JsonElement value)
    {
        if (rule.EqualTo is { } wanted)
            return Text(value) == wanted;
        if (rule.NotEqualTo is { } unwanted)
            return Text(value) != unwanted;
        return value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False => false,
            JsonValueKind.String => value.GetString()!.Length > 0,
            JsonValueKind.Array => rule.Part == AnswerPart.Required || value.GetArrayLength() > 0,
            JsonValueKind.Object => rule.Part == AnswerPart.Required || value.EnumerateObject().Any(),
            _ => true,
        };
    }

    internal static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object or JsonValueKind.Array => null,
        _ => value.GetRawText(),
    };

    internal static string Shown(IReadOnlyList<JsonElement> values) =>
        string.Join(", ", values.Take(MostValues).Select(value => Short(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText())))
        + (values.Count > MostValues ? $" and {values.Count - MostValues} more" : "");

    private static IEnumerable<JsonElement> Step(JsonElement value, JsonPath.Step step)
    {
        if (step.Name is { } name)
            return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var inner) ? [inner] : [];
        if (step.Index is { } index)
            return value.ValueKind == JsonValueKind.Array && index < value.GetArrayLength() ? [value[index]] : [];
        return value.ValueKind switch
        {
            JsonValueKind.Array => value.EnumerateArray().ToList(),
            JsonValueKind.Object => value.EnumerateObject().Select(property => property.Value).ToList(),
            _ => [],
        };
    }

    private static string Described(IReadOnlyList<JsonElement> here, string reached, JsonPath.Step step)
    {
        if (here is not [var only, ..])
            return "the answer is empty";
        var there = $"at {reached} there is {Keys(only)}";
        if (step.Name is not { } name || only.ValueKind != JsonValueKind.Object)
            return there;
        var wanted = Encoding.UTF8.GetString(name);
        return Nearest.To(wanted, only.EnumerateObject().Select(property => property.Name)) is { } near ? $"{there}; did you mean {reached}.{near}?" : there;
    }
}
