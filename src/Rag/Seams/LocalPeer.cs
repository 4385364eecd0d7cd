namespace Rag.Seams;

/// <summary>The service in this process: calls are plain method calls.</summary>
public sealed class LocalPeer<TService>(TService service) : IPeer<TService> where TService : class
{
    /// <inheritdoc/>
    public string Address => "local";

    /// <inheritdoc/>
    public ValueTask<TReply> CallAsync<TRequest, TReply>(
        UnaryCall<TService, TRequest, TReply> call, TRequest request, TimeSpan? allowed, CancellationToken cancellationToken) =>
        call.InvokeAsync(service, request, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<TItem> StreamAsync<TRequest, TItem>(
        StreamCall<TService, TRequest, TItem> call, TRequest request, TimeSpan? allowed, Action? accepted, CancellationToken cancellationToken)
    {
        accepted?.Invoke();
        return call.Invoke(service, request, cancellationToken);
    }
}
