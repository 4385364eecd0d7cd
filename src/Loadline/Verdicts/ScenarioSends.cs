using Loadline.Recording;

namespace Loadline.Verdicts;

/// <summary>What one scenario's users sent, of what is judged: the hold phase without its warm-up.</summary>
/// <param name="Scenario">The scenario; null where the plan has one load.</param>
/// <param name="Think">Mean time between a user's answer and its next request, of a closed population; zero for arrivals on a schedule.</param>
/// <param name="Sent">Its exchanges, all operations together.</param>
public sealed record ScenarioSends(string? Scenario, TimeSpan Think, OperationTotals Sent);
