namespace Loadline.Faults.Proxy;

/// <summary>What has passed all stages and is to be written: pieces, each a write of its own, and perhaps how the stream ends after them.</summary>
internal sealed class Outgoing : IDisposable
{
    private readonly HeldBytes _bytes = new();
    private readonly List<int> _pieces = [];

    internal bool IsEmpty => _pieces.Count == 0 && Ending == Ending.None;

    internal int Weight => _bytes.Length + (_pieces.Count * sizeof(int));

    /// <summary>How the stream ends behind the bytes.</summary>
    internal Ending Ending { get; private set; }

    internal IReadOnlyList<int> Pieces => _pieces;

    internal ReadOnlyMemory<byte> Bytes(int start, int count) => _bytes.Slice(start, count);

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        // Nothing comes behind an end.
        if (Ending != Ending.None || bytes.IsEmpty)
            return;
        _bytes.Append(bytes);
        _pieces.Add(bytes.Length);
    }

    internal void End(Ending ending)
    {
        if (ending > Ending)
            Ending = ending;
    }

    public void Dispose()
    {
        _bytes.Dispose();
        _pieces.Clear();
        Ending = Ending.None;
    }
}

/// <summary>How a stream ends; what is stronger stands later.</summary>
internal enum Ending
{
    /// <summary>It goes on.</summary>
    None,

    /// <summary>Its source has ended: the destination sees that, and may still answer.</summary>
    End,

    /// <summary>The connection is closed.</summary>
    Close,

    /// <summary>The connection is reset.</summary>
    Reset,
}
