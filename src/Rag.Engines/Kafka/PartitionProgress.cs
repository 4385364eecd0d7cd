namespace Rag.Engines.Kafka;

/// <summary>
/// Which records of a partition are done with. Work ends in any order and Kafka keeps one number per partition, so that number is the end of the unbroken row
/// of what is done: what is after a hole comes again after a death, which is harmless, and nothing before it is skipped.
/// <code>
///   offsets   7 8 9 10 11        done: 7 8 . 10 .   ─▶ store 9
/// </code>
/// Not safe for concurrent use; its owner locks.
/// </summary>
internal sealed class PartitionProgress
{
    private readonly Queue<long> _received = new();
    private readonly HashSet<long> _done = [];

    /// <summary>Records received and not done with.</summary>
    public int Outstanding => _received.Count - _done.Count;

    /// <summary>A record came; their offsets grow.</summary>
    public void Received(long offset) => _received.Enqueue(offset);

    /// <summary>A record is done with.</summary>
    /// <returns>The offset to go on from, when it moved; null when a record before it is still open.</returns>
    public long? Done(long offset)
    {
        _done.Add(offset);
        long? next = null;
        while (_received.TryPeek(out var first) && _done.Remove(first))
        {
            _received.Dequeue();
            next = first + 1;
        }

        return next;
    }
}
