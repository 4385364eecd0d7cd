using System.Text.Json;

namespace Loadline.Probes;

/// <summary>
/// Prometheus's list of endpoints over HTTP: <c>[{"targets": ["host:port"], "labels": {"job": "x"}}]</c>. Labels <c>__scheme__</c> and <c>__metrics_path__</c> say where the metrics are; others that begin with
/// two underscores are Prometheus's own and left out.
/// </summary>
internal static class HttpSd
{
    /// <summary>Reads a list.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static IReadOnlyList<(Uri Address, IReadOnlyDictionary<string, string> Labels)> Read(byte[] json, string scheme)
    {
        var found = new List<(Uri, IReadOnlyDictionary<string, string>)>();
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            throw new JsonException("no list of targets");
        foreach (var group in document.RootElement.EnumerateArray())
        {
            if (group.ValueKind != JsonValueKind.Object || !group.TryGetProperty("targets", out var targets) || targets.ValueKind != JsonValueKind.Array)
                throw new JsonException("a group without targets");
            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            if (group.TryGetProperty("labels", out var named) && named.ValueKind == JsonValueKind.Object)
                foreach (var label in named.EnumerateObject())
                    if (label.Value.ValueKind == JsonValueKind.String)
                        labels[label.Name] = label.Value.GetString()!;
            var at = labels.GetValueOrDefault("__metrics_path__", "/metrics");
            var by = labels.GetValueOrDefault("__scheme__", scheme);
            foreach (var name in labels.Keys.Where(name => name.StartsWith("__", StringComparison.Ordinal)).ToList())
                labels.Remove(name);
            foreach (var target in targets.EnumerateArray())
                if (target.ValueKind == JsonValueKind.String && Uri.TryCreate($"{by}://{target.GetString()}{at}", UriKind.Absolute, out var address))
                    found.Add((address, labels));
        }
        return found;
    }
}
