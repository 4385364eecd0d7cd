using Rag.Errors;

namespace Rag.Seams.Faults;

/// <summary>Starts and ends faults, here or in the processes that host the services. Every fault is a lease: it ends by itself.</summary>
public interface IFaultControl
{
    /// <summary>The services that faults can be given to from here, each with the names of its calls.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<string>> Targets { get; }

    /// <summary>Starts a fault.</summary>
    /// <exception cref="RagException">InvalidArgument: the spec is wrong, with all its problems. Overloaded: too many are active.</exception>
    ValueTask<FaultLease> ApplyAsync(FaultSpec spec, CancellationToken cancellationToken);

    /// <summary>Those that are active, the oldest first.</summary>
    ValueTask<IReadOnlyList<FaultLease>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Ends one before its time. False when none of that name is active.</summary>
    ValueTask<bool> EndAsync(string id, CancellationToken cancellationToken);

    /// <summary>Ends all; how many there were.</summary>
    ValueTask<int> EndAllAsync(CancellationToken cancellationToken);
}
