namespace Rag.Seams;

/// <summary>One place where a service runs: in this process, or in another.</summary>
public interface IPeer<TService> where TService : class
{
    /// <summary>Where it is: <c>local</c>, or an address.</summary>
    string Address { get; }

    /// <summary>Makes a call.</summary>
    /// <param name="call">Which.</param>
    /// <param name="request">Its request.</param>
    /// <param name="allowed">How long it may take; travels with the call. The seam also cancels <paramref name="cancellationToken"/> then.</param>
    /// <param name="cancellationToken">Stops the work, on the other side too.</param>
    /// <exception cref="Errors.RagException">The service's own failure, or Unavailable when the peer can't be reached.</exception>
    ValueTask<TReply> CallAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, TimeSpan? allowed, CancellationToken cancellationToken);

    /// <summary>Makes a call with a stream of items.</summary>
    /// <param name="call">Which.</param>
    /// <param name="request">Its request.</param>
    /// <param name="allowed">How long the whole stream may take.</param>
    /// <param name="accepted">Called when the peer has said that it took the call on, at the latest with the first item.</param>
    /// <param name="cancellationToken">Stops the work, on the other side too.</param>
    IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        StreamCall<TService, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, CancellationToken cancellationToken);
}
