using System.Globalization;
using Loadline.Plans.Reading;
using YamlDotNet.RepresentationModel;

namespace Loadline.Targets;

/// <summary>Reads <c>probes</c>: where the target tells of itself, and which of its series are which metric.</summary>
internal static class ProbeReader
{
    private const int MostEndpoints = 50, MostReadings = 200;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(500), Most = TimeSpan.FromMinutes(1);

    // In the order of ReadingForm.
    private static readonly string[] Forms = ["gauge", "rate", "ratio", "histogram", "average"];

    internal static ProbeProfile? Read(ProfileSection? section)
    {
        if (section is null)
            return null;
        var every = Span(section, "every");
        var timeout = Span(section, "timeout");
        var endpoints = section.Nodes("prometheus").Select(node => Endpoint(section, node)).OfType<ProbeEndpoint>().ToList();
        if (endpoints.Count > MostEndpoints)
            section.Problem(section.LineOf("prometheus"), "prometheus", null, $"has {endpoints.Count} addresses, and there may be {MostEndpoints}", "name a list of them: { targets: URL }");
        var gpu = section.Choice("gpu", false, new Dictionary<string, bool> { ["nvidia-smi"] = true, ["none"] = false });
        var readings = Readings(section.Section("metrics"));
        if (readings.Count > 0 && endpoints.Count == 0 && !section.Has("prometheus"))
            section.Problem(section.Line, "prometheus", null, "is required where metrics are read", "write prometheus: /metrics, or the URL of an exporter");
        if (endpoints.Count > 0 && !section.Has("metrics"))
            section.Problem(section.Line, "metrics", null, "is required: nothing is read of the addresses", "write, for example, metrics: { queue.depth: { gauge: my_queue_length } }");
        section.RejectUnknown();
        return new ProbeProfile
        {
            Every = every ?? TimeSpan.FromSeconds(2),
            Timeout = timeout ?? TimeSpan.FromSeconds(2),
            Endpoints = endpoints,
            NvidiaSmi = gpu,
            Readings = readings,
        };
    }

    private static TimeSpan? Span(ProfileSection section, string key)
    {
        if (section.Text(key) is not { } text)
            return null;
        try
        {
            if (ProfileUnits.Duration(text) is var span && span >= Least && span <= Most)
                return span;
            section.Problem(section.LineOf(key), key, text, "must be from 500ms to 1m", $"write {key}: 2s");
        }
        catch (FormatException problem)
        {
            section.Problem(section.LineOf(key), key, text, problem.Message, $"write {key}: 2s");
        }
        return null;
    }

    private static ProbeEndpoint? Endpoint(ProfileSection section, YamlNode node)
    {
        const string Remedy = "write /metrics, http://127.0.0.1:9187/metrics, or { targets: http://127.0.0.1:9090/targets }";
        var (text, isList) = (node as YamlScalarNode)?.Value is { } alone ? (alone, false) : (null, false);
        if (node is YamlMappingNode mapping)
        {
            var inner = section.Child(mapping, "prometheus");
            (text, isList) = (inner.Text("targets", Remedy), true);
            inner.RejectUnknown();
            if (text is null)
                return null;
        }
        if (text is ['/', ..] || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0))
            return new ProbeEndpoint(text!, isList);
        section.Problem((int)node.Start.Line, "prometheus", text?.Contains('@', StringComparison.Ordinal) == true ? null : text, "must be a path of the target or a URL without user name and password", Remedy);
        return null;
    }

    private static List<InsideReading> Readings(ProfileSection? metrics)
    {
        var readings = new List<InsideReading>();
        if (metrics is null)
            return readings;
        foreach (var name in metrics.Keys().ToList())
        {
            if (InsideMetric.Find(name) is not { } metric)
            {
                _ = metrics.Find(name);
                metrics.Problem(metrics.LineOf(name), name, null, "is no metric of the inside", Nearest.Advice(name, [.. InsideMetric.All.Select(known => known.Name)], "metrics"));
                continue;
            }
            foreach (var node in metrics.Nodes(name))
                if (node is not YamlMappingNode mapping)
                    metrics.Problem((int)node.Start.Line, name, null, "must say how it is read", "write, for example, { gauge: my_queue_length }");
                else if (Reading(metric, metrics.Child(mapping, name)) is { } reading)
                    readings.Add(reading);
        }
        if (readings.Count > MostReadings)
            metrics.Problem(metrics.Line, "", null, $"has {readings.Count} rules, and there may be {MostReadings}", "write fewer");
        return readings;
    }

    private static InsideReading? Reading(InsideMetric metric, ProfileSection section)
    {
        var forms = Forms.Where(section.Has).ToList();
        var series = forms.Count == 1 ? Series(section, forms[0]) : [];
        var of = Series(section, "of");
        var scale = Scale(section);
        var (by, labels) = (Labels(metric, section, "by"), Labels(metric, section, "labels"));
        var together = section.Choice("together", metric.Together, new Dictionary<string, Together> { ["sum"] = Together.Sum, ["greatest"] = Together.Greatest, ["mean"] = Together.Mean });
        section.RejectUnknown();
        if (forms.Count != 1)
        {
            section.Problem(section.Line, "", null, forms.Count == 0 ? "does not say how it is read" : $"is read in {forms.Count} ways at once", $"write one of {string.Join(", ", Forms)}");
            return null;
        }
        var form = (ReadingForm)Array.IndexOf(Forms, forms[0]);
        if ((form == ReadingForm.Ratio) != section.Has("of"))
            section.Problem(section.Line, "of", null, form == ReadingForm.Ratio ? "is required of a ratio" : "belongs to a ratio alone", form == ReadingForm.Ratio ? "write the series that make the whole, hits and misses: of: [cache_hits_total, cache_misses_total]" : "leave it out");
        if (!Fits(metric.Kind, form))
            section.Problem(section.LineOf(forms[0]), forms[0], null, $"does not fit '{metric.Name}', which is {Word(metric.Kind)}", $"write {string.Join(" or ", Forms.Where((_, at) => Fits(metric.Kind, (ReadingForm)at)))}");
        return series.Count == 0 ? null : new InsideReading(metric, form, series, of, scale, by, labels, together);
    }

    // Quantiles can't be added up afterwards, buckets can: so times come from buckets alone.
    private static bool Fits(InsideKind kind, ReadingForm form) => kind switch
    {
        InsideKind.Times => form == ReadingForm.Histogram,
        InsideKind.Share => form is ReadingForm.Ratio or ReadingForm.Gauge,
        InsideKind.Rate => form is ReadingForm.Rate or ReadingForm.Gauge,
        _ => form is ReadingForm.Gauge or ReadingForm.Rate or ReadingForm.Average,
    };

    private static string Word(InsideKind kind) => kind switch
    {
        InsideKind.Times => "a distribution of times",
        InsideKind.Share => "a share",
        InsideKind.Rate => "a rate",
        _ => "a level",
    };

    private static List<SeriesSelector> Series(ProfileSection section, string key) =>
        [.. section.Texts(key).Select(text => section.Try(key, text, section.LineOf(key), SeriesSelector.Parse, $"write {key}: name or name{{label=\"value\"}}")).OfType<SeriesSelector>()];

    private static double Scale(ProfileSection section)
    {
        if (section.Text("scale") is not { } text)
            return 1;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var scale) && double.IsFinite(scale) && scale > 0)
            return scale;
        section.Problem(section.LineOf("scale"), "scale", text, "must be a positive number that values are multiplied by", "write scale: 1048576 for MiB, 0.001 for milliseconds");
        return 1;
    }

    private static Dictionary<string, string> Labels(InsideMetric metric, ProfileSection section, string key)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (section.Section(key) is not { } inner)
            return labels;
        foreach (var name in inner.Keys().ToList())
        {
            if (inner.Text(name) is { } value)
                labels[name] = value;
            if (!metric.Labels.Contains(name))
                inner.Problem(inner.LineOf(name), name, null, $"is no label of '{metric.Name}'", Nearest.Advice(name, metric.Labels, "labels"));
        }
        return labels;
    }
}
