using System.Text;
using System.Text.Json;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Trials;

/// <summary>Explains a streamed answer by a profile's rules: which events came, what each rule found in them, and what the events look like where one found nothing.</summary>
internal static class StreamInspection
{
    private const int MostShapes = 6, LongestText = 240;

    internal static IEnumerable<TrialFinding> Of(StreamProfile stream, string body)
    {
        if (stream.Framing == StreamFraming.Text)
            return [new TrialFinding(body.Length > 0 ? FindingKind.Understood : FindingKind.Wrong, "stream", body.Length > 0 ? $"text: {Cut(body)}" : "no text came")];
        var events = Events(stream.Framing, body);
        if (events.Count == 0)
            return [new TrialFinding(FindingKind.Wrong, "stream.framing", $"no event was found in it by the framing '{stream.Framing.ToString().ToLowerInvariant()}'; it begins with '{AnswerInspection.Short(body)}'")];
        List<TrialFinding> findings = [new(FindingKind.Understood, "events", string.Join(", ", events.GroupBy(Shape).Take(MostShapes).Select(group => $"{group.Count()}× {group.Key}")))];
        findings.AddRange(stream.Events.Rules.GroupBy(rule => rule.Part).Select(part => Explain(part.Key, [.. part], events, stream.Events.EndsByClosing)).OfType<TrialFinding>());
        if (stream.Events.EndsByClosing && !stream.Events.Rules.Any(rule => rule.Part == AnswerPart.End))
            findings.Add(new TrialFinding(FindingKind.Understood, "stream.end", "the body's end"));
        return findings;
    }

    private static TrialFinding? Explain(AnswerPart part, EventRule[] rules, List<(string Name, string Data)> events, bool endsByClosing)
    {
        var word = $"stream.{AnswerReader.WordFor(part)}";
        var hits = new List<string>();
        var last = "";
        foreach (var (name, data) in events)
        {
            foreach (var rule in rules)
            {
                if (rule.Event is not null && rule.Event != name)
                    continue;
                if (rule.Path is null ? rule.Data is null || rule.Data == data : false)
                    hits.Add(rule.Data ?? rule.Event!);
                else if (rule.Path is not null && rule.Data is null)
                    hits.AddRange(Found(rule, data));
            }
            last = hits.Count > 0 && part == AnswerPart.Delta && rules.Any(rule => rule.Cumulative) ? hits[^1] : last;
        }
        if (hits.Count > 0)
        {
            return part switch
            {
                AnswerPart.Delta => new TrialFinding(FindingKind.Understood, word, $"{hits.Count} pieces: {Cut(last.Length > 0 ? last : string.Concat(hits))}"),
                AnswerPart.Error or AnswerPart.Throttled => new TrialFinding(FindingKind.Wrong, word, string.Join(", ", hits.Take(3).Select(AnswerInspection.Short))),
                _ => new TrialFinding(FindingKind.Understood, word, string.Join(", ", hits.Distinct(StringComparer.Ordinal).Take(5).Select(AnswerInspection.Short))),
            };
        }
        if (part is AnswerPart.Error or AnswerPart.Throttled or AnswerPart.Degraded || (part == AnswerPart.End && endsByClosing))
            return null;
        var shapes = string.Join("; ", events.Select(one => one.Name.Length > 0 ? $"{one.Name} {Few(one.Data)}" : Few(one.Data)).DistinctBy(text => text[..Math.Min(24, text.Length)]).Take(MostShapes));
        return new TrialFinding(
            part is AnswerPart.Delta or AnswerPart.End ? FindingKind.Wrong : FindingKind.Missing, word,
            $"no event matches {string.Join(" or ", rules.Select(Written))}; the events look like: {shapes}");
    }

    private static IEnumerable<string> Found(EventRule rule, string data)
    {
        using var json = AnswerInspection.Parse(data);
        if (json is null)
            return [];
        if (rule.When is { } when && !AnswerInspection.Values(json.RootElement, when.Path).Any(value => AnswerInspection.Text(value) == when.EqualTo))
            return [];
        var asAnswer = new AnswerRule(rule.Part, rule.Path!, rule.EqualTo, rule.NotEqualTo);
        return [.. AnswerInspection.Values(json.RootElement, rule.Path!).Where(value => AnswerInspection.Counts(asAnswer, value)).Select(value => AnswerInspection.Text(value) ?? value.GetRawText())];
    }

    private static List<(string Name, string Data)> Events(StreamFraming framing, string body)
    {
        var events = new List<(string, string)>();
        using var parser = new EventParser(Math.Max(1 << 20, body.Length * 4));
        parser.Begin(framing);
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(body);
        while (parser.Next(ref rest))
            Add();
        if (parser.End())
            Add();
        return events;

        void Add() => events.Add((Encoding.UTF8.GetString(parser.Name), Encoding.UTF8.GetString(parser.Data)));
    }

    private static string Shape((string Name, string Data) one)
    {
        if (one.Name.Length > 0)
            return one.Name;
        using var json = AnswerInspection.Parse(one.Data);
        return json?.RootElement.ValueKind == JsonValueKind.Object ? $"{{{AnswerInspection.Keys(json.RootElement)}}}" : AnswerInspection.Short(one.Data);
    }

    private static string Written(EventRule rule) => "{ " + string.Join(", ", new[]
    {
        rule.Event is { } name ? $"event: {name}" : null, rule.Data is { } data ? $"data: \"{data}\"" : null, rule.Path is { } path ? $"path: {path}" : null,
        rule.EqualTo is { } wanted ? $"equals: {wanted}" : null, rule.When is { } when ? $"when: {when.Path} is {when.EqualTo}" : null,
    }.OfType<string>()) + " }";

    private static string Few(string data) => data.Length > 90 ? AnswerInspection.Short(data[..90]) + "…" : AnswerInspection.Short(data);

    private static string Cut(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length > LongestText ? line[..LongestText] + "…" : line;
    }
}
