namespace Rag.Bench.Alerts;

/// <summary>An alert as it is told apart here: those of error budgets also by objective and windows.</summary>
/// <param name="Alert">Its name in the rules.</param>
/// <param name="Objective">Of an error budget: the label <c>slo</c>.</param>
/// <param name="Windows">Of an error budget: the label <c>windows</c>, such as <c>1h/5m</c>.</param>
internal readonly record struct AlertName(string Alert, string Objective = "", string Windows = "")
{
    /// <summary>Every pair of windows of an objective's error budget.</summary>
    public static IReadOnlyList<AlertName> Budget(string objective) => [.. new[] { "1h/5m", "6h/30m", "1d/2h", "3d/6h" }.Select(windows => new AlertName("ErrorBudgetBurn", objective, windows))];

    /// <summary>The name without the windows: a row of the table.</summary>
    public string Row => Objective.Length == 0 ? Alert : $"{Alert} {Objective}";

    public override string ToString() => Windows.Length == 0 ? Row : $"{Row} {Windows}";
}
