using System.Globalization;
using Loadline.Plans.Quantities;
using Loadline.Verdicts;

namespace Loadline.OpenSlo;

/// <summary>Names and values of objectives in OpenSLO (github.com/OpenSLO/OpenSLO, v1), for writing and for reading.</summary>
internal static class SloNames
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const string ApiVersion = "openslo/v1";

    /// <summary>Whose metrics an indicator asks for.</summary>
    public const string Source = "Loadline";

    /// <summary>Annotations: what OpenSLO has no field for. <see cref="MetricAnnotation"/> gives an indicator of another source its metric in a load test.</summary>
    public const string Id = "loadline/id", Group = "loadline/group", Demand = "loadline/demand", Comparison = "loadline/comparison", MetricAnnotation = "loadline/metric";

    /// <summary>
    /// OpenSLO's targets are below 100 %, and a single number of a run has no share to fall short by: this stands for "each time".
    /// </summary>
    public const decimal EachTime = 99.9m;

    /// <summary>OpenSLO's words for comparisons.</summary>
    public static IReadOnlyDictionary<string, string> Operators { get; } = new Dictionary<string, string> { ["<"] = "lt", ["<="] = "lte", [">"] = "gt", [">="] = "gte" };

    /// <summary>A name by RFC 1123: lower-case letters, digits and hyphens, at most 63.</summary>
    public static string Rfc1123(string text)
    {
        var name = string.Concat(text.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        while (name.Contains("--", StringComparison.Ordinal))
            name = name.Replace("--", "-", StringComparison.Ordinal);
        name = name.Trim('-');
        return (name.Length > 63 ? name[..63] : name).Trim('-') is { Length: > 0 } legal ? legal : "objective";
    }

    /// <summary>A limit as objectives write it.</summary>
    public static string LimitText(MetricUnit unit, double value) => unit.Symbol switch
    {
        "s" => DurationQuantity.Text(value),
        "%" => Numbers.Text(value) + "%",
        "tok/s" => Numbers.Text(value) + " tok/s",
        _ => Numbers.Text(value),
    };

    /// <summary>A number as YAML has it.</summary>
    public static string Number(double value) => value.ToString("0.###############", CultureInfo.InvariantCulture);
}
