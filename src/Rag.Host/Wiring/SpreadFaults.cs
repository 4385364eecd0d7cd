using Rag.Errors;
using Rag.Host.Wiring.Remote;
using Rag.Seams;
using Rag.Seams.Faults;

namespace Rag.Host.Wiring;

/// <summary>
/// Faults in all processes of the system: a lease goes to every process that hosts the service, under one name. It is everywhere or nowhere: where one of them
/// can't be reached, the others end what they began.
/// </summary>
/// <param name="targets">Every service that can be reached, with the names of its calls.</param>
/// <param name="hosts">The processes of each of these services, this one included where it hosts it.</param>
/// <param name="log">Told of processes that don't answer.</param>
internal sealed partial class SpreadFaults(
    IReadOnlyDictionary<string, IReadOnlyList<string>> targets, IReadOnlyDictionary<string, IReadOnlyList<IPeer<IFaultPort>>> hosts, ILogger<SpreadFaults> log) : IFaultControl
{
    // A frozen process is one that can't be reached.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<IPeer<IFaultPort>> _processes = [.. hosts.Values.SelectMany(peers => peers).DistinctBy(peer => peer.Address)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Targets => targets;

    /// <inheritdoc/>
    public async ValueTask<FaultLease> ApplyAsync(FaultSpec spec, CancellationToken cancellationToken)
    {
        var problems = spec.Problems(targets).ToList();
        if (problems.Count > 0)
            throw new RagException(RagError.InvalidArgument, string.Join("; ", problems.Select(problem => $"{problem.Field}: {problem.Rule}")));
        var named = spec with { Id = spec.Id ?? $"{spec.Service}-{Guid.NewGuid():N}"[..(spec.Service.Length + 9)] };
        var answers = await AskAsync(hosts[spec.Service], FaultPortContract.Apply, named, cancellationToken).ConfigureAwait(false);
        var failed = answers.Where(answer => answer.Error is not null).ToList();
        if (failed.Count == 0)
            return answers[0].Reply!;

        await AskAsync(hosts[spec.Service], FaultPortContract.End, named.Id!, CancellationToken.None).ConfigureAwait(false);
        throw failed.Select(answer => answer.Error).FirstOrDefault(error => !IsAway(error)) ?? new RagException(
            RagError.Unavailable,
            $"the fault was not injected: {failed.Count} of {answers.Count} processes of {spec.Service} can't be reached ({string.Join(", ", failed.Select(answer => answer.Peer.Address))})",
            null, failed[0].Error);
    }

    /// <summary>Those that are active in any process that answers; what is away has none that anybody meets.</summary>
    public async ValueTask<IReadOnlyList<FaultLease>> ListAsync(CancellationToken cancellationToken)
    {
        var answers = await AskAsync(_processes, FaultPortContract.List, default, cancellationToken).ConfigureAwait(false);
        return [.. answers.SelectMany(answer => answer.Reply ?? []).DistinctBy(lease => lease.Id).OrderBy(lease => lease.Started)];
    }

    /// <inheritdoc/>
    public async ValueTask<bool> EndAsync(string id, CancellationToken cancellationToken) =>
        (await AskAsync(_processes, FaultPortContract.End, id, cancellationToken).ConfigureAwait(false)).Any(answer => answer.Reply);

    /// <inheritdoc/>
    public async ValueTask<int> EndAllAsync(CancellationToken cancellationToken)
    {
        var active = await ListAsync(cancellationToken).ConfigureAwait(false);
        await AskAsync(_processes, FaultPortContract.EndAll, default, cancellationToken).ConfigureAwait(false);
        return active.Count;
    }

    private async Task<IReadOnlyList<Answer<TReply>>> AskAsync<TRequest, TReply>(
        IReadOnlyList<IPeer<IFaultPort>> processes, UnaryCall<IFaultPort, TRequest, TReply> call, TRequest request, CancellationToken cancellationToken) =>
        await Task.WhenAll(processes.Select(async peer =>
        {
            try
            {
                return new Answer<TReply>(peer, await peer.CallAsync(call, request, Patience, cancellationToken).ConfigureAwait(false), null);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                if (IsAway(error))
                    NoAnswer(call.Name, peer.Address, error.Message);
                return new Answer<TReply>(peer, default, error);
            }
        })).ConfigureAwait(false);

    private static bool IsAway(Exception? error) => error is RagException { Error: RagError.Unavailable or RagError.DeadlineExceeded };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Faults: no answer to {Call} from {Address}: {Reason}")]
    private partial void NoAnswer(string call, string address, string reason);

    private sealed record Answer<TReply>(IPeer<IFaultPort> Peer, TReply? Reply, Exception? Error);
}
