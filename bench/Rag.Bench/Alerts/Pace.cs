using System.Globalization;

namespace Rag.Bench.Alerts;

/// <summary>How much quicker the rules are than those that are shipped.</summary>
/// <param name="Rules">What durations of problems and of operation are divided by.</param>
/// <param name="Budgets">What those of error budgets are divided by, whose windows reach from five minutes to three days.</param>
internal sealed record Pace(double Rules, double Budgets)
{
    // Files of rules about error budgets; all others are about what is wrong now.
    private static readonly string[] BudgetFiles = ["slo.yml", "burn.yml"];

    /// <summary>The file's rules at this pace.</summary>
    public string Quicken(string file, string rules) => QuickRules.Of(rules, BudgetFiles.Contains(file) ? Budgets : Rules);

    /// <summary>What a reader of the figures has to know.</summary>
    public string Describe()
    {
        static string Seconds(TimeSpan length, double factor) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(length.TotalSeconds / factor, QuickRules.ShortestRange.TotalSeconds):0.#} s");
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            The rules are those that are shipped, on a quicker clock: ranges, offsets and waits divided by {Rules:0.#} (a range of 5 m is {Seconds(TimeSpan.FromMinutes(5), Rules)}), those of error budgets by
            {Budgets:0.#} (6 h are {Seconds(TimeSpan.FromHours(6), Budgets)}, 3 d are {Seconds(TimeSpan.FromDays(3), Budgets)}); no range is shorter than {QuickRules.ShortestRange.TotalSeconds:0} s. Thresholds are as they are. Scraped and evaluated once a second.
            """);
    }
}
