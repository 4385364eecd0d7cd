namespace Rag.Seams;

/// <summary>
/// One operation of a service's contract, described once: the seam, the gRPC server and the gRPC client are all made from it.
/// </summary>
public abstract class Call
{
    private protected Call(string name, CallPolicy policy) => (Name, Policy) = (name, policy);

    /// <summary>The operation's name: the method's without <c>Async</c>. Unique within its service; part of metrics, spans and the gRPC path.</summary>
    public string Name { get; }

    /// <summary>How the seam treats it.</summary>
    public CallPolicy Policy { get; }

    /// <summary>The service that offers it; set by its <see cref="Contract"/>.</summary>
    public string Service { get; internal set; } = "";

    /// <summary>What its span is called, at both ends: <c>rag.SERVICE/CALL</c>.</summary>
    public string Span => field ??= SpanOf(Service, Name);

    /// <summary><see cref="Span"/> of a call by its names.</summary>
    internal static string SpanOf(string service, string name) => $"rag.{service}/{name}";

    /// <summary>Its place in its contract's list of calls; set by its <see cref="Contract"/>.</summary>
    internal int Index { get; set; }

    /// <summary>Hands this call to a visitor with its types.</summary>
    public abstract void Accept(ICallVisitor visitor);
}

/// <summary>Does something with a call of any types, such as mapping it to a gRPC method.</summary>
public interface ICallVisitor
{
    /// <summary>A call with one reply.</summary>
    void Visit<TService, TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call) where TService : class;

    /// <summary>A call with a stream of items.</summary>
    void Visit<TService, TRequest, TItem>(StreamCall<TService, TRequest, TItem> call) where TService : class;
}

/// <summary>A call with one reply.</summary>
/// <param name="name">See <see cref="Call.Name"/>.</param>
/// <param name="invoke">Calls the contract's method.</param>
/// <param name="policy">See <see cref="Call.Policy"/>.</param>
public sealed class UnaryCall<TService, TRequest, TReply>(
    string name, Func<TService, TRequest, CancellationToken, ValueTask<TReply>> invoke, CallPolicy policy) : Call(name, policy)
    where TService : class
{
    /// <summary>Calls an implementation.</summary>
    public ValueTask<TReply> InvokeAsync(TService service, TRequest request, CancellationToken cancellationToken) => invoke(service, request, cancellationToken);

    /// <inheritdoc/>
    public override void Accept(ICallVisitor visitor) => visitor.Visit(this);
}

/// <summary>A call with a stream of items.</summary>
/// <param name="name">See <see cref="Call.Name"/>.</param>
/// <param name="invoke">Calls the contract's method.</param>
/// <param name="policy">See <see cref="Call.Policy"/>.</param>
public sealed class StreamCall<TService, TRequest, TItem>(
    string name, Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TItem>> invoke, CallPolicy policy) : Call(name, policy)
    where TService : class
{
    /// <summary>Calls an implementation.</summary>
    public IAsyncEnumerable<TItem> Invoke(TService service, TRequest request, CancellationToken cancellationToken) => invoke(service, request, cancellationToken);

    /// <inheritdoc/>
    public override void Accept(ICallVisitor visitor) => visitor.Visit(this);
}

/// <summary>The reply of a call that returns nothing.</summary>
public readonly record struct Nothing;
