namespace Loadline.Schedules;

/// <summary>
/// When the arrivals of an open load are due. Pure: no clock, no state that shows; <see cref="DueAt"/> of the same index is always the same, so pacing is tested as a
/// table, latency runs from the due time, and load generators that take every N-th index (<see cref="Shard"/>) add up to exactly the undivided test.
/// </summary>
public abstract class Schedule
{
    /// <summary>How long the load lasts; no arrival is due at its end or later.</summary>
    public abstract TimeSpan Duration { get; }

    /// <summary>How many arrivals there are: indices run from 0 to just below it.</summary>
    public abstract long Count { get; }

    /// <summary>When an arrival is due since the load's start, in whole ticks of 100 ns; never earlier than the one before it.</summary>
    /// <param name="index">From 0 to just below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such arrival.</exception>
    public TimeSpan DueAt(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return At(index);
    }

    /// <summary>The part of one of several load generators: every <paramref name="of"/>-th arrival, from the <paramref name="shard"/>-th on.</summary>
    /// <param name="shard">Which generator, from 0.</param>
    /// <param name="of">How many there are; at least 1.</param>
    public Schedule Shard(int shard, int of)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, of);
        return of == 1 ? this : new ShardedSchedule(this, shard, of);
    }

    /// <summary>When an arrival is due; the index is one of the schedule's.</summary>
    private protected abstract TimeSpan At(long index);

    private sealed class ShardedSchedule(Schedule whole, int shard, int of) : Schedule
    {
        public override TimeSpan Duration => whole.Duration;

        public override long Count => Math.Max(0, (whole.Count - shard + of - 1) / of);

        private protected override TimeSpan At(long index) => whole.At((index * of) + shard);
    }
}
