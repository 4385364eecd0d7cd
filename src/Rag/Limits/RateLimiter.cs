using System.Collections.Concurrent;

namespace Rag.Limits;

/// <summary>
/// A limit per user by GCRA (the "virtual scheduling" of ITU-T I.371): each request moves the user's theoretical arrival time on by 60 s / limit, and one that
/// would put it more than 60 s ahead is refused. So a rested user may send the whole minute's quota at once, and then one each 60 s / limit.
/// The step is a whole number of clock ticks (1–100 ns), so a limit of many thousands is exact to about one in ten thousand.
/// One number per user, changed without a lock; a user whose number has passed is as good as unknown and is forgotten.
/// </summary>
internal sealed class RateLimiter(TimeProvider time, int mostUsers = 1_000_000)
{
    private const int WindowSeconds = 60;

    private readonly ConcurrentDictionary<string, Arrival> _arrivals = new(StringComparer.Ordinal);
    private readonly Lock _sweeping = new();
    private int _sweepAt = 1024;

    /// <summary>Users remembered.</summary>
    public int Users => _arrivals.Count;

    /// <summary>Counts requests of this user against its limit per minute, at least 1: all of them pass or none.</summary>
    public RateDecision Take(string user, int requestsPerMinute, int permits = 1)
    {
        var now = time.GetTimestamp();
        var window = WindowSeconds * time.TimestampFrequency;
        var step = Math.Max(1, window / requestsPerMinute);
        var taken = Math.Clamp(permits, 1, requestsPerMinute) * step;
        if (!_arrivals.TryGetValue(user, out var arrival))
        {
            MakeRoom(now);
            arrival = _arrivals.GetOrAdd(user, static (_, at) => new Arrival(at), now);
        }

        while (true)
        {
            var theoretical = Volatile.Read(ref arrival.Theoretical);
            var next = Math.Max(theoretical, now) + taken;
            if (next - now > window)
                return new RateDecision(false, 0, Time(next - now - window), Time(Math.Max(0, theoretical - now)));
            if (Interlocked.CompareExchange(ref arrival.Theoretical, next, theoretical) == theoretical)
                return new RateDecision(true, (int)Math.Min(requestsPerMinute, (window - (next - now)) / step), default, Time(next - now));
        }
    }

    private void MakeRoom(long now)
    {
        if (_arrivals.Count < _sweepAt)
            return;
        lock (_sweeping)
        {
            if (_arrivals.Count < _sweepAt)
                return;
            foreach (var (user, arrival) in _arrivals)
                if (Volatile.Read(ref arrival.Theoretical) <= now)
                    _arrivals.TryRemove(user, out _);
            // Over a million users within one minute: start over rather than grow without end.
            if (_arrivals.Count >= mostUsers)
                _arrivals.Clear();
            _sweepAt = Math.Min(mostUsers, Math.Max(1024, _arrivals.Count * 2));
        }
    }

    private TimeSpan Time(long timestamps) => time.GetElapsedTime(0, timestamps);

    private sealed class Arrival(long theoretical)
    {
        public long Theoretical = theoretical;
    }
}
