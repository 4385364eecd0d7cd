namespace Rag.Bench.Alerts;

/// <summary>How one alert told of its fault. Seconds.</summary>
/// <param name="Name">Which.</param>
/// <param name="FiredAfter">From the fault (or its undoing, for what shows only then) until it fired; null when it did not in time.</param>
/// <param name="GoneAfter">From the undoing until it fired no more; null when it went on, or never fired.</param>
/// <param name="Times">How often it began to fire.</param>
internal sealed record AlertOutcome(AlertName Name, double? FiredAfter, double? GoneAfter, int Times)
{
    public bool IsRight => FiredAfter is not null && GoneAfter is not null;
}

/// <summary>What an episode showed.</summary>
/// <param name="Episode">Which.</param>
/// <param name="Outcomes">Of the alerts that it is about.</param>
/// <param name="Others">Alerts that fired beside them.</param>
internal sealed record EpisodeResult(Episode Episode, IReadOnlyList<AlertOutcome> Outcomes, IReadOnlyList<AlertName> Others)
{
    public bool IsRight => Outcomes.All(outcome => outcome.IsRight);
}
