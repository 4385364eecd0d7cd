namespace Loadline.Plans;

/// <summary>A stretch of time over which a level (users, or arrivals per second) goes in a straight line from one value to another; over no time it jumps.</summary>
/// <param name="For">How long; zero is a jump.</param>
/// <param name="From">The level as it begins.</param>
/// <param name="To">The level as it ends.</param>
public sealed record Ramp(TimeSpan For, double From, double To);
