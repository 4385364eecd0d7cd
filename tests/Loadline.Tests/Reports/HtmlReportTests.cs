using System.Text;
using System.Text.Json;
using Loadline.Recording;
using Loadline.Reports;
using Xunit;

namespace Loadline.Tests.Reports;

public class HtmlReportTests
{
    private static string Embedded(string html, string id)
    {
        var start = html.IndexOf($"id=\"{id}\">", StringComparison.Ordinal) + id.Length + 6;
        return html[start..html.IndexOf("</script>", start, StringComparison.Ordinal)];
    }

    [Theory]
    [InlineData("PASS")]
    [InlineData("FAIL")]
    [InlineData("INVALID")]
    public void The_embedded_summary_is_the_one_in_the_folder(string verdict)
    {
        var folder = SampleRun.Write(SampleRun.Make(verdict));
        ReportWriter.WriteAll(folder);
        var html = File.ReadAllText(Path.Combine(folder, "report.html"));
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")));
        using var embedded = JsonDocument.Parse(Embedded(html, "summary-data"));
        Assert.True(JsonElement.DeepEquals(file.RootElement, embedded.RootElement));
        Assert.Contains($"<section class=\"verdict {verdict.ToLowerInvariant()}\"", html);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void The_embedded_columns_are_the_series_exactly()
    {
        var run = SampleRun.Make("FAIL");
        using var columns = JsonDocument.Parse(Embedded(HtmlReport.Render(run), "series-data"));
        var query = columns.RootElement.GetProperty("operations").GetProperty("query");
        for (var i = 0; i < run.Series.Count; i++)
        {
            var expected = run.Series[i].Operations.GetValueOrDefault("query");
            Assert.Equal(run.Series[i].T, columns.RootElement.GetProperty("t")[i].GetInt32());
            Assert.Equal(expected?.TimedOut ?? 0, query.GetProperty("timed_out")[i].GetInt64());
            Assert.Equal(expected?.P99, query.GetProperty("p99")[i] is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null);
        }
        var sampled = run.Series.Where(point => point.Processes is not null).ToList();
        Assert.Equal(sampled.Select(point => point.Processes!["rag"].MemoryBytes),
            columns.RootElement.GetProperty("processes").GetProperty("of").GetProperty("rag").GetProperty("memory").EnumerateArray().Select(value => value.GetInt64()));
    }

    [Theory]
    [InlineData("PASS")]
    [InlineData("FAIL")]
    public void The_tables_say_what_the_summary_says(string verdict)
    {
        var summary = SampleRun.Make(verdict).Summary;
        var html = HtmlReport.Render(SampleRun.Make(verdict));
        foreach (var operation in summary.Operations)
        {
            var row = Row(html, $"data-operation=\"{operation.Name}\"><th scope=\"row\">{operation.Name}</th><td class=\"n\">");
            Assert.Equal([operation.Name, Quantity.Format(operation.PerSecond, "1/s"), .. Words.Outcomes.Select(outcome => Quantity.Count(operation.Outcomes[outcome.Key]))], row[..7]);
            foreach (var (name, time) in new[] { ("response", operation.ResponseTime), ("service", operation.ServiceTime), ("not answered", operation.FailureTime), ("first token", operation.TimeToFirstToken), ("between tokens", operation.TimeBetweenTokens) })
                if (time is not null)
                    Assert.Equal(
                        [operation.Name, name, Quantity.Count(time.Count), .. new[] { time.Min, time.Mean, time.P50, time.P90, time.P95, time.P99, time.P999, time.Max }.Select(value => Quantity.Seconds(value))],
                        Row(html, $"data-operation=\"{operation.Name}\"><th scope=\"row\">{operation.Name}</th><td>{name}</td>"));
        }
        foreach (var objective in summary.Objectives)
        {
            var row = Row(html, $"<code>{Html.Escape(objective.Text)}</code>");
            Assert.EndsWith(objective.Result, row[0], StringComparison.Ordinal);
            Assert.Equal((Quantity.Format(objective.Value, objective.Unit), Quantity.Format(objective.Limit, objective.Unit), Quantity.Count(objective.Samples)), (row[2], row[4], row[6]));
            Assert.StartsWith(Margin.Describe(objective), row[5], StringComparison.Ordinal);
        }
        foreach (var check in summary.Generator)
            Assert.Equal([check.Name, Quantity.Format(check.Value, check.Unit), Quantity.Format(check.Limit, check.Unit), check.Kept ? "✓ yes" : "✗ no"], Row(html, $"<th scope=\"row\">{check.Name}</th>"));

        // The cells' texts of the row that holds a text.
        static string[] Row(string html, string with)
        {
            var at = html.IndexOf(with, StringComparison.Ordinal);
            Assert.True(at >= 0, $"no row has {with}");
            var row = html[html.LastIndexOf("<tr", at, StringComparison.Ordinal)..html.IndexOf("</tr>", at, StringComparison.Ordinal)];
            return [.. System.Text.RegularExpressions.Regex.Matches(row, "<t[hd][^>]*>(.*?)</t[hd]>", System.Text.RegularExpressions.RegexOptions.Singleline)
                .Select(cell => System.Net.WebUtility.HtmlDecode(System.Text.RegularExpressions.Regex.Replace(cell.Groups[1].Value, "<[^>]+>", "")).Trim())];
        }
    }

    [Fact]
    public void The_target_from_inside_is_a_table_and_charts_and_only_where_somebody_told_something()
    {
        var run = SampleRun.Make();
        var html = HtmlReport.Render(run);
        Assert.Contains("The target from inside", html);
        Assert.Contains("data-figures=\"inside\"", html);
        Assert.Contains("<td>service rag</td>", html);
        using var columns = JsonDocument.Parse(Embedded(html, "series-data"));
        var inside = columns.RootElement.GetProperty("inside");
        Assert.Equal(run.Inside.Select(look => look.Levels!["queue.depth"]), inside.GetProperty("queue.depth").GetProperty("of").GetProperty("").GetProperty("v").EnumerateArray().Select(value => value.GetDouble()));
        Assert.Equal("cores", inside.GetProperty("cpu").GetProperty("unit").GetString());
        // The 304th of 320 is the fourth of 20 in 1–10 ms.
        Assert.Equal(0.001 + (0.009 * 4 / 20), inside.GetProperty("vectors.search").GetProperty("of").GetProperty("").GetProperty("v")[3].GetDouble(), 1e-9);
        var without = HtmlReport.Render(run with { Inside = [], Summary = run.Summary with { Inside = [] } });
        Assert.DoesNotContain("The target from inside", without);
        Assert.DoesNotContain("data-figures=\"inside\"", without);
        Assert.DoesNotContain("href=\"#inside\"", without);
    }

    [Fact]
    public void What_the_target_sent_cannot_break_out_of_the_page()
    {
        const string Attack = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> \" ' & {{summary}} \u2028";
        var run = SampleRun.Make("FAIL");
        var summary = run.Summary with
        {
            Because = Attack,
            Id = Attack,
            Notes = [Attack],
            Plan = run.Summary.Plan with { Name = Attack, Purpose = Attack, CommandLine = Attack, Settings = new Dictionary<string, string> { [Attack] = Attack } },
            Operations = [.. run.Summary.Operations.Select(operation => operation with { Name = Attack, Reasons = new Dictionary<string, long> { [Attack] = 1 } })],
            Objectives = [.. run.Summary.Objectives.Select(objective => objective with { Text = Attack + " < 3", Reason = Attack })],
            Inside = [.. run.Summary.Inside.Select(value => value with { Of = Attack, Unit = Attack })],
        };
        var series = run.Series.Select(point => point with { Operations = point.Operations.ToDictionary(pair => pair.Key + Attack, pair => pair.Value) }).ToList();
        var exchanges = run.Exchanges.Select(exchange => exchange with { Operation = Attack, Outcome = Attack, Reason = Attack, Request = Attack, Response = Attack }).ToList();
        var clean = HtmlReport.Render(run);
        var inside = run.Inside.Select(look => look with { Levels = new Dictionary<string, double> { [$"cpu{{service:{Attack}}}"] = 1 } }).ToList();
        var attacked = HtmlReport.Render(new(summary, series, exchanges) { Inside = inside });
        // The same scripts and images as without the attack, and the attack is there as text.
        Assert.Equal(Occurrences(clean, "<script"), Occurrences(attacked, "<script"));
        Assert.Equal(Occurrences(clean, "</script"), Occurrences(attacked, "</script"));
        Assert.DoesNotContain("<img src=x", attacked);
        Assert.DoesNotContain("x onerror=alert(2)> \"", attacked);
        Assert.Contains("&lt;/script&gt;&lt;script&gt;alert(1)", attacked);
        using var embedded = JsonDocument.Parse(Embedded(attacked, "summary-data"));
        Assert.Equal(Attack, embedded.RootElement.GetProperty("because").GetString());
    }

    [Fact]
    public void Half_an_hour_of_four_operations_stays_under_five_megabytes()
    {
        var run = SampleRun.Make("FAIL", seconds: 1800);
        var big = new string('x', 4096);
        var exchanges = Enumerable.Range(0, 500).Select(i => run.Exchanges[i % run.Exchanges.Count] with { Request = big, Response = big }).ToList();
        var bytes = Encoding.UTF8.GetByteCount(HtmlReport.Render(run with { Exchanges = exchanges }));
        Assert.InRange(bytes, 1_200_000, 5_000_000);
    }

    [Fact]
    public void The_report_asks_nothing_of_the_network()
    {
        var html = HtmlReport.Render(SampleRun.Make());
        html = html[..html.IndexOf("<script>", StringComparison.Ordinal)]; // before the charting library, whose text mentions much
        Assert.Contains("default-src 'none'", html);
        Assert.DoesNotContain("<link", html);
        Assert.DoesNotContain("src=\"", html);
        Assert.DoesNotContain("@import", html);
        Assert.DoesNotContain("{{", html);
    }

    [Fact]
    public void A_run_without_a_single_second_still_renders()
    {
        var run = SampleRun.Make("INVALID");
        var html = HtmlReport.Render(new(run.Summary with { Operations = [], Objectives = [], Phases = [] }, [], []));
        Assert.Contains("There is no time series", html);
        var idle = HtmlReport.Render(run with { Series = [.. run.Series.Select(point => point with { Operations = new Dictionary<string, SeriesOperation>() })] });
        Assert.Contains("No request of the run ended", idle);
        Assert.DoesNotContain("Every request of the run was answered", idle);
    }

    private static int Occurrences(string text, string part) => text.Split(part, StringSplitOptions.None).Length - 1;
}
