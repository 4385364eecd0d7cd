using Loadline.Wire;

namespace Loadline.Recording;

/// <summary>What a user felt of one request, over all its tries. Its exchanges are recorded one by one beside it.</summary>
/// <param name="Operation">The operation's name.</param>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Due">When the first try was due, nanoseconds since the run's start.</param>
/// <param name="End">When the last try had ended.</param>
/// <param name="Attempts">How many tries there were, from 1.</param>
/// <param name="Outcome">How the last try ended: unless Ok or Degraded, the user gave up.</param>
public readonly record struct Felt(string Operation, string Scenario, long Due, long End, int Attempts, Outcome Outcome)
{
    /// <summary>Whether the user got an answer in the end.</summary>
    public bool Answered => Outcome is Outcome.Ok or Outcome.Degraded;
}
