using System.Text.Json;
using Loadline.Targets;

namespace Loadline.Reports;

/// <summary>Latency histograms; nothing where the folder has none. Their numbers are in the table of times too.</summary>
internal static class SpreadSection
{
    public static HtmlText Render(RunRecord run) => run.Spread.Count == 0 ? default : Html.Of($"""
        <section aria-labelledby="spread"><h2 id="spread">Latency histograms over the hold phase</h2>
        <p>How many exchanges took how long: two hills are two ways through the target, and a long tail is where to look first.</p>
        <div class="charts" data-figures="spread"></div>
        </section>
        """);

    /// <summary>The histograms, and what the metrics from inside are, as JSON that is safe inside an HTML script element.</summary>
    public static string Data(RunRecord run)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("of");
            foreach (var (name, parts) in run.Spread)
            {
                json.WriteStartObject(name);
                foreach (var (part, steps) in parts)
                {
                    json.WriteStartObject(part);
                    json.WriteNumber("from", steps.From);
                    json.WriteStartArray("counts");
                    foreach (var count in steps.Counts)
                        json.WriteNumberValue(count);
                    json.WriteEndArray();
                    json.WriteEndObject();
                }
                json.WriteEndObject();
            }
            json.WriteEndObject();
            About(json);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>What each metric from inside is, a sentence, for the charts' captions.</summary>
    public static void About(Utf8JsonWriter json)
    {
        json.WriteStartObject("about");
        foreach (var metric in InsideMetric.All)
            json.WriteString(metric.Name, metric.Includes.Split(". ")[0].Split(": ")[0].TrimEnd('.') + (metric.Kind == InsideKind.Times ? "; P95 of each look." : "."));
        json.WriteEndObject();
    }
}
