using Rag.Seams;
using Rag.Seams.Faults;

namespace Rag.Host.Wiring.Remote;

/// <summary>The faults of one process, as others of the system start and end them. Every process offers it where it offers its services.</summary>
internal interface IFaultPort
{
    ValueTask<FaultLease> ApplyAsync(FaultSpec spec, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<FaultLease>> ListAsync(CancellationToken cancellationToken);

    ValueTask<bool> EndAsync(string id, CancellationToken cancellationToken);

    ValueTask<int> EndAllAsync(CancellationToken cancellationToken);
}

/// <summary>This process's faults.</summary>
internal sealed class FaultPort(FaultBoard board) : IFaultPort
{
    public ValueTask<FaultLease> ApplyAsync(FaultSpec spec, CancellationToken cancellationToken) => board.ApplyAsync(spec, cancellationToken);

    public ValueTask<IReadOnlyList<FaultLease>> ListAsync(CancellationToken cancellationToken) => board.ListAsync(cancellationToken);

    public ValueTask<bool> EndAsync(string id, CancellationToken cancellationToken) => board.EndAsync(id, cancellationToken);

    public ValueTask<int> EndAllAsync(CancellationToken cancellationToken) => board.EndAllAsync(cancellationToken);
}

/// <summary>
/// <see cref="IFaultPort"/> over gRPC. Through no seam: a breaker that a fault has opened must not keep anyone from ending the fault, and each process is meant by itself.
/// </summary>
internal static class FaultPortContract
{
    public static readonly UnaryCall<IFaultPort, FaultSpec, FaultLease> Apply = new("Apply", static (s, r, stop) => s.ApplyAsync(r, stop), CallPolicy.Write);
    public static readonly UnaryCall<IFaultPort, Nothing, IReadOnlyList<FaultLease>> List = new("List", static (s, _, stop) => s.ListAsync(stop), CallPolicy.Watch);
    public static readonly UnaryCall<IFaultPort, string, bool> End = new("End", static (s, r, stop) => s.EndAsync(r, stop), CallPolicy.Write);
    public static readonly UnaryCall<IFaultPort, Nothing, int> EndAll = new("EndAll", static (s, _, stop) => s.EndAllAsync(stop), CallPolicy.Write);

    public static Contract<IFaultPort> Instance { get; } =
        new("faults", _ => throw new NotSupportedException("faults are asked for process by process, see SpreadFaults"), Apply, List, End, EndAll);
}
