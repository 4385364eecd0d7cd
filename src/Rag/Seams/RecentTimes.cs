namespace Rag.Seams;

/// <summary>The 95th percentile of a call's latest 256 times, brought up to date every 32: what is slower is worth a second attempt.</summary>
internal sealed class RecentTimes
{
    private const int Kept = 256;
    private const int Between = 32;

    private readonly Lock _lock = new();
    private readonly long[] _ticks = new long[Kept];
    private int _count;
    private long _slow;

    /// <summary>The percentile; null until 32 calls are known.</summary>
    public TimeSpan? Slow => Volatile.Read(ref _slow) is > 0 and var ticks ? new TimeSpan(ticks) : null;

    /// <summary>Notes a call's time.</summary>
    public void Add(TimeSpan time)
    {
        lock (_lock)
        {
            _ticks[_count++ % Kept] = time.Ticks;
            if (_count % Between != 0)
                return;
            Span<long> sorted = stackalloc long[Math.Min(_count, Kept)];
            _ticks.AsSpan(0, sorted.Length).CopyTo(sorted);
            sorted.Sort();
            Volatile.Write(ref _slow, Math.Max(1, sorted[(int)(sorted.Length * 0.95)]));
            if (_count == int.MaxValue - int.MaxValue % Kept)
                _count = Kept;
        }
    }
}
