namespace Loadline.Runs;

/// <summary>Follows a run. Called from the run's own task, one call at a time; must not block for long.</summary>
public interface IRunObserver
{
    /// <summary>A step of the preparation or the end has begun, in words.</summary>
    void Step(string text);

    /// <summary>A step moves on: <paramref name="done"/> of <paramref name="total"/>.</summary>
    void Advance(string text, long done, long total);

    /// <summary>Once a second while the load runs.</summary>
    void Progress(RunProgress progress);

    /// <summary>Something that a person should see at once.</summary>
    void Warn(string text);
}

/// <summary>The load at one moment.</summary>
/// <param name="Phase"><c>up</c>, <c>hold</c>, <c>down</c>.</param>
/// <param name="Elapsed">Since the load began.</param>
/// <param name="Remaining">Until the last user leaves.</param>
/// <param name="ActiveUsers">Users at work.</param>
/// <param name="Users">Users of the plan.</param>
/// <param name="PerSecond">Exchanges that ended in the last second.</param>
/// <param name="ErrorShare">The share of failed and timed-out exchanges in the last second, 0–1.</param>
/// <param name="Operations">Operation by operation, in the plan's order.</param>
public sealed record RunProgress(
    string Phase, TimeSpan Elapsed, TimeSpan Remaining, int ActiveUsers, int Users, double PerSecond, double ErrorShare, IReadOnlyList<OperationProgress> Operations)
{
    /// <summary>Whether a person holds the load (<see cref="RunControl.Pause"/>).</summary>
    public bool IsPaused { get; init; }

    /// <summary>Pauses so far; one that goes on ends now.</summary>
    public IReadOnlyList<PauseSummary> Pauses { get; init; } = [];

    /// <summary>Exchanges sent and not ended.</summary>
    public int InFlight { get; init; }

    /// <summary>The plan's objectives by the hold phase so far, as of a few seconds ago; <c>PENDING</c> where it says nothing yet.</summary>
    public IReadOnlyList<ObjectiveSummary> Objectives { get; init; } = [];

    /// <summary>What the load generator has seen of itself in the hold phase so far; empty before it.</summary>
    public IReadOnlyList<GeneratorSummary> Generator { get; init; } = [];
}

/// <summary>One operation at one moment; percentiles in seconds over the run so far, of the response time (from due) and the service time (from sent); null before the first success.</summary>
public sealed record OperationProgress(string Name, double PerSecond, long Answered, long Errors, double? P50, double? P95, double? P99, double? ServiceP95 = null);
