namespace Rag.Seams;

/// <summary>Who waits for a piece of work; the order in which queues let it in.</summary>
public enum Priority
{
    /// <summary>A person waits.</summary>
    Interactive,

    /// <summary>Work in the background, such as ingesting an upload.</summary>
    Batch,

    /// <summary>Work that can always wait, such as indexing everything anew.</summary>
    Reindexing,
}

/// <summary>
/// What travels with a request through every service, in one process or across several: until when it is of use, and how urgent it is.
/// Set once where a request enters a process; read by every seam on its way.
/// </summary>
public sealed class CallScope
{
    private static readonly AsyncLocal<CallScope?> Ambient = new();

    private readonly TimeProvider _time;
    private readonly long _ends;

    private CallScope(TimeProvider time, long ends, Priority priority) => (_time, _ends, Priority) = (time, ends, priority);

    /// <summary>The scope of the work at hand; null outside of any request.</summary>
    public static CallScope? Current => Ambient.Value;

    /// <summary>How urgent the work at hand is: that of the scope, <see cref="Priority.Interactive"/> without one.</summary>
    public static Priority CurrentPriority => Ambient.Value?.Priority ?? Priority.Interactive;

    /// <summary>How urgent it is.</summary>
    public Priority Priority { get; }

    /// <summary>Time left, zero when it is over; null when there is no end.</summary>
    public TimeSpan? Remaining => _ends == long.MaxValue ? null
        : _ends - _time.GetTimestamp() is > 0 and var ticks ? TimeSpan.FromSeconds((double)ticks / _time.TimestampFrequency) : TimeSpan.Zero;

    /// <summary>Work that several wait for: each has an end of its own, the work ends when the last has gone.</summary>
    internal static CallScope Shared { get; } = new(TimeProvider.System, long.MaxValue, Priority.Interactive);

    /// <summary>Enters <see cref="Shared"/>, as <see cref="Enter"/> does.</summary>
    internal static void EnterShared() => Ambient.Value = Shared;

    /// <summary>Enters a scope: everything that is called from here on, awaited or not, sees it. Scopes are left with the method that entered them.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="allowed">How long the work is of use; null for ever.</param>
    /// <param name="priority">How urgent it is.</param>
    public static CallScope Enter(TimeProvider time, TimeSpan? allowed, Priority priority)
    {
        var ends = allowed is { } span ? time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency) : long.MaxValue;
        return Ambient.Value = new CallScope(time, ends, priority);
    }
}
