using Loadline.Plans;

namespace Loadline.Faults;

/// <summary>One fault of a run, from its beginning to its end. Times are nanoseconds since the run's start, on the exchanges' clock.</summary>
public sealed class FaultLease
{
    internal FaultLease(PlanFault fault, string id) => (Fault, Id) = (fault, id);

    /// <summary>What was planned.</summary>
    public PlanFault Fault { get; }

    /// <summary>The fault's name, with <c>#n</c> behind it from the second of that name on.</summary>
    public string Id { get; }

    /// <summary>When it was in force; null when it never was.</summary>
    public long? Start { get; internal set; }

    /// <summary>When it was undone; null while it was not.</summary>
    public long? End { get; internal set; }

    /// <summary>Why it was not injected, or not undone, a clause; null for neither.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Whether the lever, or the run's own end, kept it from being injected or ended it early.</summary>
    public bool Stopped { get; internal set; }
}
