namespace Loadline.Verdicts.Recovery;

/// <summary>One number of how a fault was got over.</summary>
/// <param name="Seconds">The number; null when it was not reached within the run, or can't be told.</param>
/// <param name="Samples">How many exchanges or uploads it rests on.</param>
/// <param name="Failed">Why it was not reached, a clause; null where it was.</param>
/// <param name="Unknown">Why it can't be told, a clause; null where it can.</param>
public sealed record FaultFigure(double? Seconds, long Samples, string? Failed = null, string? Unknown = null);

/// <summary>How a target got over one fault.</summary>
/// <param name="Name">The fault's name.</param>
/// <param name="Start">When it began, seconds since the run's start.</param>
/// <param name="End">When it ended.</param>
/// <param name="Trigger">See <see cref="BreakerTrigger"/>.</param>
/// <param name="Recovery">See <see cref="ServiceRecovery"/>.</param>
/// <param name="Drain">See <see cref="QueueDrain"/>.</param>
public sealed record FaultFigures(string Name, double Start, double End, FaultFigure Trigger, FaultFigure Recovery, FaultFigure Drain);
