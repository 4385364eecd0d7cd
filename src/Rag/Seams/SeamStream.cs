namespace Rag.Seams;

/// <summary>A stream through a seam that nobody reads yet.</summary>
internal sealed class SeamStream<TService, TRequest, TItem>(
    Dependency dependency, PeerSet<TService> peers, CallMeter meter, StreamCall<TService, TRequest, TItem> call, TRequest request, CallScope? scope,
    CancellationToken caller) : IAsyncEnumerable<TItem>
    where TService : class
{
    public Dependency Dependency => dependency;

    public PeerSet<TService> Peers => peers;

    public CallMeter Meter => meter;

    public StreamCall<TService, TRequest, TItem> Call => call;

    public TRequest Request => request;

    public CallScope? Scope => scope;

    public CancellationToken Caller => caller;

    public IAsyncEnumerator<TItem> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new SeamStreamReader<TService, TRequest, TItem>(this, cancellationToken);
}
