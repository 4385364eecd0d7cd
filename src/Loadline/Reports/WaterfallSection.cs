using System.Globalization;
using Loadline.Traces;

namespace Loadline.Reports;

/// <summary>
/// A trace as a waterfall: a row a span, indented under its parent, with a bar where it lay in the whole. A table, so that it reads without its bars too. Spans whose parent
/// was not kept stand at the top.
/// </summary>
internal static class WaterfallSection
{
    private const int MostRows = 120, DeepestIndent = 12;

    /// <summary>Renders a trace; nothing for none.</summary>
    public static HtmlText Render(KeptTrace? trace)
    {
        if (trace is null)
            return default;
        var rows = Rows(trace);
        var (start, end) = (trace.Spans.Min(span => span.Start), trace.Spans.Max(span => span.End));
        var services = trace.Spans.Select(span => span.Service).Distinct().Count();
        return Html.Of($"""
            <h4>What the target did</h4>
            <div class="wide"><table class="waterfall" style="width:100%"><thead><tr><th scope="col">span</th><th scope="col">service</th><th scope="col" class="n">took</th><th scope="col" style="width:45%">{Quantity.Seconds((end - start) / 1e9)} in all</th></tr></thead>
            <tbody>{Html.Each(rows.Take(MostRows), row => Row(row, start, Math.Max(1, end - start)))}</tbody></table></div>
            {Html.If(rows.Count > MostRows, () => Html.Of($"<p>{rows.Count - MostRows} more spans are in {KeptTraces.File}.</p>"))}
            <p class="dim">{trace.Spans.Count} spans of {services} {(services == 1 ? "service" : "services")}, trace {trace.TraceId}</p>
            """);
    }

    private static HtmlText Row((TraceSpan Span, int Depth) row, long start, long whole)
    {
        var span = row.Span;
        var left = Percent(span.Start - start, whole);
        var width = Percent(Math.Max(span.End - span.Start, whole / 400), whole);
        var color = span.Failed ? "var(--bad, #c0392b)" : "var(--accent, #2f6fb2)";
        var about = string.Join("\n", span.Attributes.Select(attribute => $"{attribute.Key}: {attribute.Value}"));
        return Html.Of($"""
            <tr title="{about}"><td style="padding-left:{(Math.Min(row.Depth, DeepestIndent) * 0.9).ToString("0.#", CultureInfo.InvariantCulture)}em">{span.Name}{(span.Failed ? " (failed)" : "")}</td><td class="dim">{span.Service}</td><td class="n">{Quantity.Seconds((span.End - span.Start) / 1e9)}</td><td aria-hidden="true"><svg width="100%" height="10" preserveAspectRatio="none"><rect x="{left}%" y="1" width="{width}%" height="8" rx="2" fill="{color}"/></svg></td></tr>
            """);
    }

    // Depth first, children in the order in which they began; what is its own ancestor is a damaged file's, and left out.
    private static List<(TraceSpan Span, int Depth)> Rows(KeptTrace trace)
    {
        var known = trace.Spans.Select(span => span.SpanId).ToHashSet();
        var children = trace.Spans.Where(span => span.ParentId is { } parent && known.Contains(parent)).ToLookup(span => span.ParentId!);
        var rows = new List<(TraceSpan, int)>(trace.Spans.Count);
        foreach (var top in trace.Spans.Where(span => span.ParentId is null || !known.Contains(span.ParentId)))
            Add(top, 0);
        return rows;

        void Add(TraceSpan span, int depth)
        {
            if (depth > trace.Spans.Count)
                return;
            rows.Add((span, depth));
            foreach (var child in children[span.SpanId])
                Add(child, depth + 1);
        }
    }

    private static string Percent(long part, long whole) => (part * 100.0 / whole).ToString("0.###", CultureInfo.InvariantCulture);
}
