namespace Rag.Documents;

/// <summary>
/// A board whose work is told of through a broker: those who heard of it come for it by name. Telling takes nothing: leases, tries and lags are those of the
/// workers who take jobs.
/// </summary>
public interface IAnnouncingBoard : IJobBoard
{
    /// <summary>
    /// Jobs to tell of now: those told of <paramref name="again"/> ago that nobody took, then new ones in their order as long as no more than
    /// <paramref name="most"/> are told of and not taken. Each counts as told of from now on; <see cref="WithdrawAsync"/> when it was not.
    /// </summary>
    ValueTask<List<JobTicket>> AnnounceAsync(int max, int most, TimeSpan again, CancellationToken cancellationToken);

    /// <summary>What could not be told of is told of anew.</summary>
    ValueTask WithdrawAsync(IReadOnlyList<JobTicket> tickets);

    /// <summary>Ends when there may be something new to tell of, or room for it. Time brings nothing here: ask <see cref="AnnounceAsync"/> now and then.</summary>
    Task WaitToAnnounceAsync(CancellationToken cancellationToken);

    /// <summary>
    /// <see cref="IJobBoard.TakeAsync"/> for documents by their names: those that are due and that nobody has. One that may be what kills the process comes alone.
    /// Empty means that there is nothing to be done for any of them.
    /// </summary>
    /// <exception cref="Errors.RagException">Overloaded: there is something to be done, and others hold all of it locked at this moment. Ask again soon.</exception>
    ValueTask<List<JobTicket>> TakeAsync(IReadOnlyList<DocumentKey> only, long maxBytes, JobHolder holder, CancellationToken cancellationToken);
}
