namespace Loadline.Users;

/// <summary>Chooses among items in proportion to their weights.</summary>
internal sealed class WeightedChoice<T>
{
    private readonly T[] _items;
    private readonly double[] _upTo;

    /// <summary>Items with weights above zero; at least one.</summary>
    internal WeightedChoice(IReadOnlyList<(T Item, double Weight)> items)
    {
        ArgumentOutOfRangeException.ThrowIfZero(items.Count, nameof(items));
        _items = [.. items.Select(item => item.Item)];
        _upTo = new double[items.Count];
        var sum = 0.0;
        for (var i = 0; i < items.Count; i++)
            _upTo[i] = sum += items[i].Weight;
    }

    internal T Choose(Random random)
    {
        var at = random.NextDouble() * _upTo[^1];
        for (var i = 0; i < _upTo.Length - 1; i++)
            if (at < _upTo[i])
                return _items[i];
        return _items[^1];
    }
}
