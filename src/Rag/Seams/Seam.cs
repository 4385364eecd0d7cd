namespace Rag.Seams;

/// <summary>
/// The one place that every call of one service's contract passes on its way from this process, whether the service runs here or elsewhere.
/// </summary>
/// <param name="service">The service's name.</param>
/// <param name="peers">Where it runs.</param>
public sealed class Seam<TService>(string service, IReadOnlyList<IPeer<TService>> peers) where TService : class
{
    /// <summary>The service's name.</summary>
    public string Service => service;

    /// <summary>Calls the service.</summary>
    /// <exception cref="Errors.RagException">What the service answered, or what the seam decided.</exception>
    public ValueTask<TReply> CallAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, CancellationToken cancellationToken) =>
        peers[0].CallAsync(call, request, CallScope.Current?.Remaining, cancellationToken);

    /// <summary>Calls the service for a stream.</summary>
    public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        StreamCall<TService, TRequest, TItem> call, TRequest request, CancellationToken cancellationToken) =>
        peers[0].StreamAsync(call, request, CallScope.Current?.Remaining, null, cancellationToken);
}
