namespace Loadline.Plans.Keys;

/// <summary>Weights on one line, as the key table's defaults and the settings have them: <c>query 40, upload 25</c>.</summary>
internal static class Weights
{
    /// <summary>Splits the line into names and values.</summary>
    public static IEnumerable<(string Name, string Value)> Split(string line) =>
        line.Split(',', StringSplitOptions.TrimEntries).Select(pair => pair.Split(' ')).Select(pair => (pair[0], pair[1]));

    /// <summary>Joins names and values.</summary>
    public static string Join(IEnumerable<(string Name, string Value)> weights) => string.Join(", ", weights.Select(weight => $"{weight.Name} {weight.Value}"));
}
