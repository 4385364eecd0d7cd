namespace Loadline.Wire.Lean;

/// <summary>
/// Connections that rest, on a shelf for each loop. The last that came is the first that goes: so that no more are used than are needed, and those warm ones. Whether one is
/// still open its taker finds out.
/// </summary>
internal sealed class IdleConnections
{
    private readonly Shelf[] _shelves;

    internal IdleConnections(int shelves) => _shelves = [.. Enumerable.Range(0, shelves).Select(_ => new Shelf())];

    internal void Add(LeanConnection connection)
    {
        var shelf = _shelves[connection.Shelf];
        lock (shelf.Gate)
            shelf.Connections.Push(connection);
    }

    /// <summary>Takes one, from a shelf if it has any, or from another.</summary>
    internal LeanConnection? Take(int first)
    {
        for (var i = 0; i < _shelves.Length; i++)
        {
            var shelf = _shelves[(first + i) % _shelves.Length];
            lock (shelf.Gate)
            {
                if (shelf.Connections.TryPop(out var connection))
                    return connection;
            }
        }
        return null;
    }

    private sealed class Shelf
    {
        internal Lock Gate { get; } = new();

        internal Stack<LeanConnection> Connections { get; } = [];
    }
}
