using System.Text;

namespace Loadline.Reports;

/// <summary>What the pages are made of: templates, the stylesheet, scripts and the charting library, all of them in the assembly.</summary>
internal static class PageAssets
{
    /// <summary>The charting library: Apache ECharts, from the package Vizor.ECharts.</summary>
    public static string Charting => Read("echarts.js");

    /// <summary>The scripts of a page: what pages share, and its own.</summary>
    public static string Scripts(string own) => string.Concat(new[] { "format.js", "model.js", "figures.js", "charts.js", "page.js", own }.Select(Read));

    /// <summary>The head that all pages share.</summary>
    /// <param name="title">The title, not escaped yet.</param>
    /// <param name="policy">What the page may do beyond showing itself, for its Content-Security-Policy; empty for nothing.</param>
    public static string Head(string title, string policy = "") => Fill("head.html", new() { ["title"] = Html.Escape(title), ["style"] = Read("page.css"), ["policy"] = policy }).TrimEnd();

    /// <summary>Replaces each <c>{{name}}</c> of a template, in one pass: what is put in is not searched again.</summary>
    public static string Fill(string asset, Dictionary<string, string> parts)
    {
        var template = Read(asset);
        var text = new StringBuilder(template.Length + parts.Values.Sum(part => part?.Length ?? 0));
        var from = 0;
        for (int open; (open = template.IndexOf("{{", from, StringComparison.Ordinal)) >= 0;)
        {
            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            text.Append(template, from, open - from).Append(parts[template[(open + 2)..close]]);
            from = close + 2;
        }
        return text.Append(template, from, template.Length - from).ToString();
    }

    private static string Read(string name)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"Reports/{name}")
            ?? throw new InvalidOperationException($"The build left out the page's asset {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
