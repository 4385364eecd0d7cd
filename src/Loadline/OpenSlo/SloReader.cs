using System.Globalization;
using Loadline.Plans;
using Loadline.Plans.Reading;

namespace Loadline.OpenSlo;

/// <summary>
/// Reads OpenSLO v1 into a file of objectives: Services, SLIs and SLOs. Indicators must ask for Loadline's metrics, or say by the annotation <c>loadline/metric</c>
/// which they are in a load test: a query to Prometheus means nothing to one.
/// </summary>
public static class SloReader
{
    private static readonly string[] Alerts = ["AlertPolicy", "AlertCondition", "AlertNotificationTarget"];
    private static readonly string[] Kinds = ["Service", "SLI", "SLO", "DataSource", .. Alerts];

    /// <summary>Reads it.</summary>
    /// <param name="file">The file; several documents.</param>
    /// <param name="notCarried">What was understood and has no place among objectives; it is left out.</param>
    /// <param name="problems">Everything that is wrong; then there is no result.</param>
    public static ObjectiveFile? Read(PlanFile file, out IReadOnlyList<NotCarried> notCarried, out IReadOnlyList<PlanProblem> problems)
    {
        var (missed, wrong) = (new List<NotCarried>(), new List<PlanProblem>());
        var documents = Documents(file, wrong);
        var indicators = documents.Where(document => document.Kind == "SLI").GroupBy(document => document.Name).ToDictionary(same => same.Key, same => same.First());
        var found = new List<NamedObjective>();
        foreach (var slo in documents.Where(document => document.Kind == "SLO"))
            found.AddRange(new SloMapping(slo, indicators, missed, wrong).Objectives());
        foreach (var alert in documents.Where(document => Alerts.Contains(document.Kind)))
            missed.Add(new NotCarried($"{alert.Kind} {alert.Name}", "a load test judges, and alerts nobody"));
        if (documents.Count > 0 && documents.All(document => document.Kind != "SLO"))
            wrong.Add(new PlanProblem($"{file.FileName}:1", 1, "kind", null, "has no SLO", "name a file with a document of 'kind: SLO'"));
        var service = documents.FirstOrDefault(document => document.Kind == "Service");
        (notCarried, problems) = (missed, [.. wrong.OrderBy(problem => problem.Line ?? int.MaxValue)]);
        if (wrong.Count > 0)
            return null;
        var name = SloNames.Rfc1123(service?.Name ?? documents.First(document => document.Kind == "SLO").Text("service") ?? "imported");
        var purpose = service?.Text("description")?.ReplaceLineEndings(" ").Trim();
        return new ObjectiveFile(name, string.IsNullOrEmpty(purpose) ? $"Objectives of {name}, from OpenSLO" : purpose.Length > 300 ? purpose[..299] + "…" : purpose, Unique(found));
    }

    /// <summary>The file of objectives as YAML.</summary>
    public static string Yaml(ObjectiveFile file)
    {
        var text = new System.Text.StringBuilder($"name: {file.Name}\npurpose: {Quoted(file.Purpose)}\n\nobjectives:\n");
        foreach (var group in file.Objectives.GroupBy(objective => objective.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {group.Key}:\n");
            foreach (var objective in group)
                text.Append(CultureInfo.InvariantCulture, $"    {objective.Id}: {Quoted(objective.Text)}\n");
        }
        return text.ToString();
    }

    private static string Quoted(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    // Ids and groups of the imported may be alike; in a file of objectives they must differ.
    private static List<NamedObjective> Unique(List<NamedObjective> found)
    {
        var names = found.Select(objective => objective.Group).ToHashSet();
        return [.. found.Select(objective => objective with { Id = Enumerable.Range(2, 10_000).Select(number => $"{objective.Id}-{number}").Prepend(objective.Id).First(names.Add) })];
    }

    // Each with the lines of the whole file: what is before it is blank.
    private static List<SloDocument> Documents(PlanFile file, List<PlanProblem> problems)
    {
        var documents = new List<SloDocument>();
        var lines = file.Text.ReplaceLineEndings("\n").Split('\n');
        for (var from = 0; from < lines.Length;)
        {
            var to = Array.FindIndex(lines, from, line => line.StartsWith("---", StringComparison.Ordinal)) is >= 0 and var at ? at : lines.Length;
            var body = lines[from..to];
            if (body.Any(line => line.Trim() is { Length: > 0 } text && text[0] != '#'))
            {
                var tree = PlanTree.Read(new string('\n', from) + string.Join('\n', body), file.FileName, null, problems);
                if (tree is MapNode map)
                {
                    if (Document(map, problems) is { } document)
                        documents.Add(document);
                }
                else if (tree is not null)
                    problems.Add(tree.Origin.Problem("", null, "a document of OpenSLO is made of keys with values", "begin it with 'apiVersion: openslo/v1' and 'kind:'"));
            }
            from = to + 1;
        }
        if (documents.Count == 0 && problems.Count == 0)
            problems.Add(new PlanProblem($"{file.FileName}:1", 1, "", null, "the text holds no document", "name a file of OpenSLO v1"));
        return documents;
    }

    private static SloDocument? Document(MapNode map, List<PlanProblem> problems)
    {
        var before = problems.Count;
        var document = new SloDocument(map);
        var version = SloDocument.Scalar(map, "apiVersion");
        if (version?.Text != SloNames.ApiVersion)
            problems.Add((version?.Origin ?? map.Origin).Problem("apiVersion", version?.Text, version is null ? "is missing" : "is a version that is not read here", $"write apiVersion: {SloNames.ApiVersion}"));
        if (!Kinds.Contains(document.Kind))
            problems.Add((SloDocument.Scalar(map, "kind")?.Origin ?? map.Origin).Problem("kind", document.Kind.Length == 0 ? null : document.Kind, document.Kind.Length == 0 ? "is missing" : "is no kind of OpenSLO v1", document.Kind.Length == 0 ? "write kind: SLO, SLI or Service" : Nearest.Advice(document.Kind, Kinds, "kinds")));
        if (document.Name.Length == 0)
            problems.Add(map.Origin.Problem("metadata.name", null, "is missing", "write metadata: { name: query-latency }"));
        if (document.Spec is null)
            problems.Add(map.Origin.Problem("spec", null, "is missing", "write 'spec:' with the document's keys beneath it"));
        return problems.Count == before ? document : null;
    }
}

/// <summary>One document of OpenSLO.</summary>
/// <param name="Map">Its nodes.</param>
internal sealed record SloDocument(MapNode Map)
{
    /// <summary>Its kind; empty where it has none.</summary>
    public string Kind => Scalar(Map, "kind")?.Text ?? "";

    /// <summary>Its name; empty where it has none.</summary>
    public string Name => Map.Find("metadata")?.Value is MapNode metadata ? Scalar(metadata, "name")?.Text ?? "" : "";

    /// <summary>Its spec; null where it has none.</summary>
    public MapNode? Spec => Map.Find("spec")?.Value as MapNode;

    /// <summary>A text of its spec.</summary>
    public string? Text(string key) => Spec is { } spec ? Scalar(spec, key)?.Text : null;

    /// <summary>An annotation.</summary>
    public string? Annotation(string key) => Map.Find("metadata")?.Value is MapNode metadata && metadata.Find("annotations")?.Value is MapNode annotations ? Scalar(annotations, key)?.Text : null;

    /// <summary>A single value; null where there is none.</summary>
    public static ScalarNode? Scalar(MapNode map, string key) => map.Find(key)?.Value is ScalarNode { IsEmpty: false } scalar ? scalar : null;
}
