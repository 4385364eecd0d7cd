namespace Rag.Seams;

/// <summary>What a service offers to others: its interface, every call of it, and how the interface is spoken through a seam.</summary>
public abstract class Contract
{
    private protected Contract(string service, Type type, IReadOnlyList<Call> calls)
    {
        (Service, Type, Calls) = (service, type, calls);
        for (var i = 0; i < calls.Count; i++)
            (calls[i].Service, calls[i].Index) = (service, i);
    }

    /// <summary>The name of the service that offers it.</summary>
    public string Service { get; }

    /// <summary>The interface.</summary>
    public Type Type { get; }

    /// <summary>Every call of the interface.</summary>
    public IReadOnlyList<Call> Calls { get; }

    /// <summary>Hands this contract to a visitor with its type.</summary>
    public abstract void Accept(IContractVisitor visitor);
}

/// <summary>Does something with a contract of any type, such as registering it.</summary>
public interface IContractVisitor
{
    /// <summary>A contract.</summary>
    void Visit<TService>(Contract<TService> contract) where TService : class;
}

/// <summary>The contract of one interface.</summary>
/// <param name="service">The name of the service that offers it.</param>
/// <param name="proxy">Makes the interface's other side: an implementation that passes every call to a seam.</param>
/// <param name="calls">Every call of the interface.</param>
public sealed class Contract<TService>(string service, Func<Seam<TService>, TService> proxy, params IReadOnlyList<Call> calls)
    : Contract(service, typeof(TService), calls)
    where TService : class
{
    /// <summary>The interface, spoken through a seam.</summary>
    public TService Through(Seam<TService> seam) => proxy(seam);

    /// <inheritdoc/>
    public override void Accept(IContractVisitor visitor) => visitor.Visit(this);
}
