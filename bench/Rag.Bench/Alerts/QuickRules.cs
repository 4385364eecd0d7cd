using System.Globalization;
using System.Text.RegularExpressions;

namespace Rag.Bench.Alerts;

/// <summary>
/// Prometheus rules on a quicker clock: every range (<c>[5m]</c>), every <c>offset</c> and every <c>for:</c> divided by a factor, so that a rule of minutes is decided in seconds.
/// Nothing else changes: not the thresholds, not the labels, not the words of annotations.
/// </summary>
internal static partial class QuickRules
{
    /// <summary>The shortest range: four scrapes a second apart and the one before them, or <c>rate</c> would be guessing.</summary>
    public static readonly TimeSpan ShortestRange = TimeSpan.FromSeconds(5);

    /// <summary>The text of rules with its durations divided.</summary>
    /// <param name="rules">A rule file as it is shipped.</param>
    /// <param name="factor">By how much; 1 or more. Ranges get no shorter than <see cref="ShortestRange"/> by it; waits and offsets have no bound.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is less than 1.</exception>
    public static string Of(string rules, double factor)
    {
        if (factor < 1)
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "durations are divided by 1 or more");
        return Duration().Replace(rules, match =>
        {
            var length = Read(match.Groups["length"].Value);
            var quick = length / factor;
            if (match.Value[0] == '[' && quick < ShortestRange)
                quick = length < ShortestRange ? length : ShortestRange;
            return match.Groups["before"].Value + Write(quick) + match.Groups["after"].Value;
        });
    }

    // Prometheus knows no fractions: milliseconds are its smallest unit.
    private static string Write(TimeSpan length) => length.Ticks % TimeSpan.TicksPerSecond == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0}s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(length.TotalMilliseconds):0}ms");

    private static TimeSpan Read(string length)
    {
        var number = double.Parse(length[..^1], CultureInfo.InvariantCulture);
        return length[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
    }

    [GeneratedRegex(@"(?<before>\[|\boffset |^\s+for: )(?<length>\d+[smhd])(?<after>\]|(?=[\s)]|$))", RegexOptions.Multiline)]
    private static partial Regex Duration();
}
