using System.Globalization;
using System.Text;
using System.Xml;
using Loadline.Runs;

namespace Loadline.Reports;

/// <summary>Renders <c>junit.xml</c>: a test case an objective. FAIL is a failure, INVALID an error; WARN passes and says why on its output.</summary>
public static class JUnitReport
{
    /// <summary>Renders a run.</summary>
    public static string Render(RunSummary summary)
    {
        return Document(xml => Suite(xml, summary));
    }

    /// <summary>A whole file, of what writes its suites.</summary>
    internal static string Document(Action<XmlWriter> suites)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = true }))
        {
            xml.WriteStartElement("testsuites");
            suites(xml);
            xml.WriteEndElement();
        }
        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{text}\n";
    }

    /// <summary>A suite that could not be run at all: one error.</summary>
    internal static void Error(XmlWriter xml, string name, string verdict, string because, double seconds)
    {
        Head(xml, name, 1, 0, 1, seconds.ToString("0.###", CultureInfo.InvariantCulture));
        xml.WriteStartElement("testcase");
        Attribute(xml, "classname", $"loadline.{name}");
        Attribute(xml, "name", "the run was made");
        Attribute(xml, "time", "0");
        xml.WriteStartElement("error");
        Attribute(xml, "message", because);
        Attribute(xml, "type", verdict);
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    /// <summary>A run.</summary>
    internal static void Suite(XmlWriter xml, RunSummary summary)
    {
        // A run can be INVALID without any objective being so: then CI must still see an error.
        var runError = summary.Verdict == Words.Invalid && summary.Objectives.All(objective => objective.Result != Words.Invalid);
        var failures = summary.Objectives.Count(objective => objective.Result == Words.Fail);
        var errors = summary.Objectives.Count(objective => objective.Result == Words.Invalid) + (runError ? 1 : 0);
        var tests = summary.Objectives.Count + (runError ? 1 : 0);
        Head(xml, summary.Plan.Name, tests, failures, errors, Seconds(summary));
        Attribute(xml, "timestamp", summary.StartedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
        foreach (var objective in summary.Objectives)
            Case(xml, summary, objective.Text, objective.Result, VerdictText.Explain(objective));
        if (runError)
            Case(xml, summary, "the run is valid", Words.Invalid, summary.Because);
        xml.WriteEndElement();
    }

    private static void Head(XmlWriter xml, string name, int tests, int failures, int errors, string seconds)
    {
        xml.WriteStartElement("testsuite");
        Attribute(xml, "name", $"loadline.{name}");
        Attribute(xml, "tests", tests.ToString(CultureInfo.InvariantCulture));
        Attribute(xml, "failures", failures.ToString(CultureInfo.InvariantCulture));
        Attribute(xml, "errors", errors.ToString(CultureInfo.InvariantCulture));
        Attribute(xml, "skipped", "0");
        Attribute(xml, "time", seconds);
    }

    private static void Case(XmlWriter xml, RunSummary summary, string name, string result, string explanation)
    {
        xml.WriteStartElement("testcase");
        Attribute(xml, "classname", $"loadline.{summary.Plan.Name}");
        Attribute(xml, "name", name);
        Attribute(xml, "time", Seconds(summary));
        if (result is Words.Fail or Words.Invalid)
        {
            xml.WriteStartElement(result == Words.Fail ? "failure" : "error");
            Attribute(xml, "message", explanation);
            Attribute(xml, "type", result);
            xml.WriteEndElement();
        }
        xml.WriteElementString("system-out", Clean($"{result}: {explanation}"));
        xml.WriteEndElement();
    }

    private static string Seconds(RunSummary summary) => (summary.EndedAt - summary.StartedAt).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static void Attribute(XmlWriter xml, string name, string value) => xml.WriteAttributeString(name, Clean(value));

    /// <summary>XML 1.0 can't carry most control characters, not even escaped.</summary>
    private static string Clean(string value) => string.Create(value.Length, value, static (span, source) =>
    {
        for (var i = 0; i < source.Length; i++)
        {
            var pair = char.IsSurrogate(source[i])
                && ((i + 1 < source.Length && char.IsSurrogatePair(source[i], source[i + 1])) || (i > 0 && char.IsSurrogatePair(source[i - 1], source[i])));
            span[i] = XmlConvert.IsXmlChar(source[i]) || pair ? source[i] : '\uFFFD';
        }
    });
}
