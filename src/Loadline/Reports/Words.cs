namespace Loadline.Reports;

/// <summary>The words for results in run folders, and their signs.</summary>
internal static class Words
{
    public const string Pass = "PASS";
    public const string Warn = "WARN";
    public const string Fail = "FAIL";
    public const string Invalid = "INVALID";

    public static string Sign(string result) => result switch { Pass => "✓", Warn => "!", Fail => "✗", _ => "?" };

    /// <summary>Outcomes in the order in which people want them, with what they are called.</summary>
    public static readonly IReadOnlyList<(string Key, string Label)> Outcomes =
    [
        ("ok", "ok"), ("degraded", "degraded"), ("throttled", "throttled"), ("failed", "failed"), ("timed_out", "timed out"),
    ];
}
