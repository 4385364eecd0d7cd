namespace Rag.Gateway.Shedding;

/// <summary>
/// How long something takes while nothing waits: the least of the averages of the last two minutes. Averages, because the least single time would say more
/// about luck; the least, because waiting only ever adds. Not safe for concurrent use.
/// </summary>
internal sealed class Baseline(TimeProvider time, TimeSpan unnoticed)
{
    private const int Samples = 100;
    private const int FewestSamples = 10;

    private static readonly TimeSpan LongestBucket = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Horizon = TimeSpan.FromMinutes(2);

    private readonly Queue<(double Seconds, long At)> _averages = new();
    private double _sum;
    private int _count;
    private long _began = time.GetTimestamp();

    /// <summary>Seconds; 0 before the first sample.</summary>
    public double Seconds { get; private set; }

    /// <summary>What nobody minds waiting for.</summary>
    public TimeSpan Unnoticed => unnoticed;

    /// <summary>How many times longer than alone something took, what nobody minds waiting for aside.</summary>
    public double Slowdown(TimeSpan latency) => (latency + unnoticed).TotalSeconds / (Seconds + unnoticed.TotalSeconds);

    /// <summary>Takes a sample in.</summary>
    public void Add(double seconds)
    {
        _sum += seconds;
        _count++;
        if (_count < Samples && (_count < FewestSamples || time.GetElapsedTime(_began) < LongestBucket))
        {
            if (_averages.Count == 0)
                Seconds = _sum / _count;
            return;
        }

        _averages.Enqueue((_sum / _count, time.GetTimestamp()));
        (_sum, _count, _began) = (0, 0, time.GetTimestamp());
        while (_averages.Count > 1 && time.GetElapsedTime(_averages.Peek().At) > Horizon)
            _averages.Dequeue();
        Seconds = _averages.Min(a => a.Seconds);
    }

    /// <summary>Forgets: what was measured does not hold any more.</summary>
    public void Reset()
    {
        _averages.Clear();
        (_sum, _count, _began) = (0, 0, time.GetTimestamp());
    }
}
