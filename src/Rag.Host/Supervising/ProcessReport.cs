namespace Rag.Host.Supervising;

/// <summary>How a process is.</summary>
internal enum ProcessState
{
    /// <summary>Not ready for the first time yet; without an id while it waits for those that it depends on.</summary>
    Starting,

    /// <summary>Ready.</summary>
    Ready,

    /// <summary>Was ready, exists and answers nothing.</summary>
    Frozen,

    /// <summary>Ended without being asked to; without an id until it is started again.</summary>
    Restarting,

    /// <summary>Ended as asked.</summary>
    Stopped,

    /// <summary>Ended in a way that a restart can't heal.</summary>
    Failed,
}

/// <summary>One process at one moment.</summary>
/// <param name="Plan">What it runs.</param>
/// <param name="State">How it is.</param>
/// <param name="Since">Since when.</param>
/// <param name="Pid">Its id; null while there is no process.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="Http">Where its health and metrics are; null until it has said so.</param>
/// <param name="MemoryBytes">Resident bytes; null while there is no process.</param>
/// <param name="LastExitCode">How the process before this one ended; null when there was none.</param>
internal sealed record ProcessReport(
    ProcessPlan Plan, ProcessState State, DateTimeOffset Since, int? Pid, int Restarts, string? Http, long? MemoryBytes, int? LastExitCode);
