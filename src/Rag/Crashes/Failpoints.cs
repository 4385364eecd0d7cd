using System.Diagnostics;

namespace Rag.Crashes;

/// <summary>
/// The failpoints of this process. It dies as a whole, so they are the process's and nobody's in particular. Unless a setting arms one, reaching a point is one read
/// of a field.
/// </summary>
internal static class Failpoints
{
    private static ArmedFailpoints? _armed;
    private static Action<Failpoint>? _watch;

    /// <summary>A point that runs on a thread of its own, or under a lock. Doesn't pause.</summary>
    public static void Reach(Failpoint point)
    {
        if (Volatile.Read(ref _armed) is { } armed)
            armed.Meet(point);
        if (Volatile.Read(ref _watch) is { } watch)
            watch(point);
    }

    /// <summary>A point at which whoever comes may be made to stand still.</summary>
    public static ValueTask ReachAsync(Failpoint point, CancellationToken cancellationToken)
    {
        var pause = Volatile.Read(ref _armed)?.Meet(point) ?? TimeSpan.Zero;
        if (Volatile.Read(ref _watch) is { } watch)
            watch(point);
        return pause == TimeSpan.Zero ? ValueTask.CompletedTask : new ValueTask(Task.Delay(pause, cancellationToken));
    }

    /// <summary>From now on these hold.</summary>
    public static void Arm(ArmedFailpoints? armed) => Volatile.Write(ref _armed, armed);

    /// <summary>Tells of every arrival, for the test that no point is dead; null ends it.</summary>
    public static void Watch(Action<Failpoint>? watch) => Volatile.Write(ref _watch, watch);
}

/// <summary>Failpoints that do something. Safe for concurrent use.</summary>
internal sealed class ArmedFailpoints(IReadOnlyDictionary<Failpoint, FailpointRule> rules, int seed, TimeSpan pause, Action<Failpoint>? die = null)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Failpoint, int> _arrivals = [];
    private readonly Random _chance = new(seed);

    /// <summary>Somebody has come to a point: how long it is to stand still. Doesn't return where the process dies.</summary>
    public TimeSpan Meet(Failpoint point)
    {
        if (!rules.TryGetValue(point, out var rule))
            return TimeSpan.Zero;
        lock (_lock)
        {
            var arrival = _arrivals[point] = _arrivals.GetValueOrDefault(point) + 1;
            if (rule.At is { } at ? arrival != at : _chance.NextDouble() >= rule.Probability)
                return TimeSpan.Zero;
            Console.Error.WriteLine($"failpoint {point} {(rule.Pauses ? "pauses" : "kills")} {Environment.ProcessId}");
            if (rule.Pauses)
                return pause;
            (die ?? Die)(point); // under the lock: nobody passes another point meanwhile
            return TimeSpan.Zero;
        }
    }

    private static void Die(Failpoint point)
    {
        Process.GetCurrentProcess().Kill(); // SIGKILL: nothing is flushed, nothing is disposed of
        using var never = new ManualResetEventSlim();
        never.Wait(); // the signal takes a moment
    }
}
