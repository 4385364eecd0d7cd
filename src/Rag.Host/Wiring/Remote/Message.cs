namespace Rag.Host.Wiring.Remote;

/// <summary>A request or a reply on its way: gRPC wants an object that is never null, and some of ours are values or null. Costs no byte.</summary>
internal sealed class Message<T>(T value)
{
    public T Value => value;
}

/// <summary>Items of a stream that were there at the same time, sent as one message.</summary>
internal sealed class Batch<T>(IReadOnlyList<T> items)
{
    public IReadOnlyList<T> Items => items;
}
