namespace Loadline.Recording;

/// <summary>A latency distribution in seconds.</summary>
public sealed record LatencySummary(long Count, double Min, double Mean, double P50, double P90, double P95, double P99, double P999, double Max);
