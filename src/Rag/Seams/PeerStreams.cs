namespace Rag.Seams;

/// <summary>Opens streams of peers.</summary>
internal static class PeerStreams
{
    /// <summary>A peer's stream; when it fails before it is one, a stream whose first item is that failure.</summary>
    public static IAsyncEnumerator<TItem> Open<TService, TRequest, TItem>(
        this IPeer<TService> peer, StreamCall<TService, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, CancellationToken cancellationToken)
        where TService : class
    {
        try
        {
            return peer.StreamAsync(call, request, allowed, accepted, cancellationToken).GetAsyncEnumerator(cancellationToken);
        }
        catch (Exception error)
        {
            return new Broken<TItem>(error);
        }
    }

    private sealed class Broken<TItem>(Exception error) : IAsyncEnumerator<TItem>
    {
        public TItem Current => throw new InvalidOperationException("there is no item");

        public ValueTask<bool> MoveNextAsync() => ValueTask.FromException<bool>(error);

        public ValueTask DisposeAsync() => default;
    }
}
