using System.Xml.Linq;
using Loadline.Reports;
using Xunit;

namespace Loadline.Tests.Reports;

public class TextReportTests
{
    [Fact]
    public void JUnit_has_a_case_an_objective_with_failures_and_errors()
    {
        var summary = SampleRun.Make("FAIL").Summary;
        var suite = XDocument.Parse(JUnitReport.Render(summary)).Root!.Element("testsuite")!;
        var failed = summary.Objectives.Where(objective => objective.Result == "FAIL").ToList();
        Assert.NotEmpty(failed);
        Assert.Equal(summary.Objectives.Select(objective => objective.Text), suite.Elements("testcase").Select(test => test.Attribute("name")!.Value));
        Assert.Equal(failed.Count.ToString(), suite.Attribute("failures")!.Value);
        var failures = suite.Elements("testcase").Where(test => test.Element("failure") is not null).Select(test => test.Attribute("name")!.Value);
        Assert.Equal(failed.Select(objective => objective.Text), failures);
    }

    [Fact]
    public void JUnit_makes_an_invalid_objective_an_error_that_says_why()
    {
        var suite = XDocument.Parse(JUnitReport.Render(SampleRun.Make("INVALID").Summary)).Root!.Element("testsuite")!;
        var error = Assert.Single(suite.Descendants("error"));
        Assert.Contains("No upload was watched", error.Attribute("message")!.Value);
        Assert.Equal("1", suite.Attribute("errors")!.Value);
    }

    [Fact]
    public void JUnit_has_an_error_when_only_the_run_as_a_whole_is_invalid()
    {
        var summary = SampleRun.Make().Summary with { Verdict = "INVALID", Because = "The load generator was saturated." };
        var error = Assert.Single(XDocument.Parse(JUnitReport.Render(summary)).Descendants("error"));
        Assert.Equal("The load generator was saturated.", error.Attribute("message")!.Value);
    }

    [Fact]
    public void JUnit_is_valid_xml_whatever_the_reasons_contain()
    {
        var summary = SampleRun.Make("FAIL").Summary;
        summary = summary with { Objectives = [.. summary.Objectives.Select(o => o with { Reason = "\0\u001b[31m ]]> <&\" \ud800 \U0001F600" })] };
        var xml = XDocument.Parse(JUnitReport.Render(summary));
        Assert.Contains(xml.Descendants("failure"), failure => failure.Attribute("message")!.Value.Contains("]]> <&\" \uFFFD \U0001F600"));
    }

    [Fact]
    public void The_console_text_aligns_the_objectives_and_ends_with_the_verdict()
    {
        var lines = VerdictText.Render(SampleRun.Make("FAIL").Summary).Split('\n');
        Assert.Contains("✗ FAIL: ", lines.Last(line => line.Contains("FAIL")));
        var column = lines[0].IndexOf("measured", StringComparison.Ordinal);
        Assert.All(lines.Skip(1).Take(7), line => Assert.True(line[column] != ' ' && line[column - 1] == ' ', line));
        Assert.Contains(lines, line => line.Contains("✓ PASS") && line.Contains("generation.speed > 20 tok/s") && line.Contains("48.7 tok/s") && line.Contains("28.7 tok/s above"));
    }

    [Fact]
    public void The_console_text_shows_what_each_process_used()
    {
        var lines = VerdictText.Render(SampleRun.Make().Summary).Split('\n');
        Assert.Equal(["  process   CPU cores  memory, peak", "  loadline       0.52       191 MiB", "  rag            0.96       455 MiB", "  llm            0.24        99 MiB"], lines[^5..^1]);
    }

    [Fact]
    public void Markdown_cells_cannot_break_the_table()
    {
        var summary = SampleRun.Make("INVALID").Summary;
        summary = summary with { Objectives = [.. summary.Objectives.Select(o => o with { Reason = "a | b\nc <script> @all" })] };
        var rows = MarkdownReport.Render(summary).Split('\n').Where(line => line.StartsWith("| ❓")).ToList();
        var row = Assert.Single(rows);
        Assert.Contains("a \\| b c &lt;script&gt; &#64;all", row);
        Assert.Contains("| – | – | 0 |", row);
    }

    [Theory]
    [InlineData(0.0000123, "s", "12.3 µs")]
    [InlineData(0.312, "s", "312 ms")]
    [InlineData(2.345, "s", "2.35 s")] // 2.345 is a hair above the middle
    [InlineData(95.0, "s", "95 s")]
    [InlineData(1800.0, "s", "30 min")]
    [InlineData(99.987, "%", "99.987 %")]
    [InlineData(0.0, "%", "0 %")]
    [InlineData(1234.4, "1/s", "1 234/s")]
    [InlineData(1000.0, "users", "1 000 users")]
    [InlineData(null, "s", "–")]
    public void Quantities_are_written_for_people(double? value, string unit, string expected) =>
        Assert.Equal(expected.Replace("1 ", "1\u202f"), Quantity.Format(value, unit));
}
