namespace Rag.Host.Supervising;

/// <summary>The numbers of a supervision.</summary>
internal sealed record SupervisionRules
{
    /// <summary>5 s.</summary>
    public static TimeSpan UsualLongestRestartWait { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How many processes may be on their way to being ready at the first start: more would only slow each other down.</summary>
    public int StartAtOnce { get; init; } = 4;

    /// <summary>How often a starting process is asked whether it is ready.</summary>
    public TimeSpan StartingProbes { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a ready process is asked whether it lives.</summary>
    public TimeSpan ReadyProbes { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A ready process that has answered nothing for so long is frozen.</summary>
    public TimeSpan FrozenAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a frozen process is killed, and so restarted; otherwise it is only reported.</summary>
    public bool RestartFrozen { get; init; }

    /// <summary>The longest wait before a restart of a process that keeps ending; see <see cref="Backoff"/>.</summary>
    public TimeSpan LongestRestartWait { get; init; } = UsualLongestRestartWait;

    /// <summary>How long processes may take to end once asked; then they are killed.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(10);
}
