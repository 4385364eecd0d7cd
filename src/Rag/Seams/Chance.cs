namespace Rag.Seams;

/// <summary>Seeded chance that many threads may use.</summary>
internal sealed class Chance(int seed)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    /// <summary>From 0 to less than 1.</summary>
    public double Next()
    {
        lock (_lock)
            return _random.NextDouble();
    }

    /// <summary>From 0 to less than <paramref name="count"/>.</summary>
    public int Next(int count)
    {
        lock (_lock)
            return _random.Next(count);
    }
}
