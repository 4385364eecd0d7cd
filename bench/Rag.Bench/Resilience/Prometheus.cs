using System.Globalization;
using System.Text.RegularExpressions;

namespace Rag.Bench.Resilience;

/// <summary>One sample of a metrics page.</summary>
internal readonly record struct PrometheusSample(string Name, string Labels, double Value);

/// <summary>Reads a metrics page: names, labels as they stand, values.</summary>
internal static partial class Prometheus
{
    public static async Task<IReadOnlyList<PrometheusSample>> ReadAsync(HttpClient http, Uri page, CancellationToken cancellationToken)
    {
        var text = await http.GetStringAsync(page, cancellationToken);
        var samples = new List<PrometheusSample>();
        foreach (Match line in Line().Matches(text))
            if (double.TryParse(line.Groups[3].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                samples.Add(new PrometheusSample(line.Groups[1].Value, line.Groups[2].Value, value));
        return samples;
    }

    [GeneratedRegex(@"^([a-zA-Z_:][\w:]*)(\{[^}]*\})? (\S+)", RegexOptions.Multiline)]
    private static partial Regex Line();
}
