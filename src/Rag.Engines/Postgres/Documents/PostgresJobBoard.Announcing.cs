using Rag.Documents;
using Rag.Errors;

namespace Rag.Engines.Postgres.Documents;

/// <summary>
/// The board as seen by the processes that tell a broker of work: what was told of is noted in the rows, so that they don't all tell of the same. A job counts as
/// told of from then until it is taken, replaced by a newer version's, or put off.
/// </summary>
internal sealed partial class PostgresJobBoard
{
    private long _announcedAt = -1;

    public async ValueTask<List<JobTicket>> AnnounceAsync(int max, int most, TimeSpan again, CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        var signals = Interlocked.Read(ref _signals);
        var told = await _source.RunAsync((connection, stop) => AnnounceStatements.RunAsync(connection, max, most, again, stop), cancellationToken).ConfigureAwait(false);
        Interlocked.Exchange(ref _announcedAt, told.Count == 0 ? signals : -1);
        return told;
    }

    public async ValueTask WithdrawAsync(IReadOnlyList<JobTicket> tickets)
    {
        try
        {
            await _source.RunAsync(
                async (connection, stop) =>
                {
                    await using var command = connection.Statement("UPDATE outbox SET announced=NULL WHERE job=ANY($1)", tickets.Select(ticket => ticket.JobId).ToArray());
                    return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
                }, CancellationToken.None, repeatable: true).ConfigureAwait(false);
        }
        catch (RagException)
        {
            // The server is down as well: they are told of again when nobody came for them in time.
        }
    }

    public async Task WaitToAnnounceAsync(CancellationToken cancellationToken)
    {
        Task edge;
        lock (_gate)
        {
            if (_signals != Interlocked.Read(ref _announcedAt))
                return;
            edge = _edge.Task;
        }

        try
        {
            await edge.WaitAsync(Poll, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Something may have fallen due.
        }
    }
}
