using System.Text.Json;

namespace Rag.Bench.SciFact;

/// <summary>BEIR's SciFact as it lies in a folder: abstracts, test claims, and which abstracts bear on which claim.</summary>
internal sealed record SciFactData(IReadOnlyList<SciFactData.Abstract> Abstracts, IReadOnlyList<SciFactData.Claim> Claims)
{
    internal sealed record Abstract(string Id, string Title, string Text);

    internal sealed record Claim(string Id, string Text, IReadOnlySet<string> Relevant);

    public static SciFactData Read(string folder)
    {
        var abstracts = Lines(folder, "corpus.jsonl").Select(e => new Abstract(Text(e, "_id"), Text(e, "title"), Text(e, "text"))).ToList();
        var texts = Lines(folder, "queries.jsonl").ToDictionary(e => Text(e, "_id"), e => Text(e, "text"));
        var judgements = File.ReadLines(Path.Combine(folder, "qrels", "test.tsv")).Skip(1)
            .Select(line => line.Split('\t')).Where(cells => cells is [_, _, not "0"]).ToLookup(cells => cells[0], cells => cells[1]);
        return new SciFactData(abstracts, [.. judgements.Select(j => new Claim(j.Key, texts[j.Key], j.ToHashSet()))]);
    }

    private static IEnumerable<JsonElement> Lines(string folder, string file) =>
        File.ReadLines(Path.Combine(folder, file)).Select(line => JsonDocument.Parse(line).RootElement);

    private static string Text(JsonElement e, string name) => e.GetProperty(name).GetString()!;
}
