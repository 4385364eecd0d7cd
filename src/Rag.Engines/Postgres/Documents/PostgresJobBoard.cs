using Microsoft.Extensions.Logging;
using Rag.Documents;
using Rag.Errors;

namespace Rag.Engines.Postgres.Documents;

/// <summary>
/// The outbox as other processes see it as well: claims are rows with a lease on the server's clock. Who waits for work is woken by the commit that brought it
/// (<c>NOTIFY</c>), looks when something falls due, and once a second in any case. A claim that found nothing answers for the others of this process until then.
/// </summary>
internal sealed partial class PostgresJobBoard : IAnnouncingBoard
{
    private const int MostWorkers = 1_000;

    /// <summary>More claims than this are not remembered as lost; their leases end by themselves.</summary>
    private const int MostEnded = 10_000;

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // A commit that is at a row ends within milliseconds; one whose process stands still, when the server ends it.
    private const int MostLooks = 5;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);

    private readonly PostgresSource _source;
    private readonly PostgresTables _tables;
    private readonly TimeProvider _time;
    private readonly TimeSpan _lease;
    private readonly SemaphoreSlim _oneClaim = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _runs = [];
    private readonly Dictionary<(long Job, int Attempts), DateTimeOffset> _givenBack = [];
    private readonly List<Guid> _lost = [];
    private readonly BoardWatch _watch;
    private TaskCompletionSource _edge = NewEdge();
    private long _signals;
    private long _emptyAt = -1;
    private DateTimeOffset _emptyUntil;

    public PostgresJobBoard(PostgresSource source, PostgresTables tables, DocumentsOptions options, TimeProvider time, ILogger log)
    {
        (_source, _tables, _time, _lease) = (source, tables, time, options.Lease);
        _watch = new BoardWatch(source, tables, time, log, Signal, EndAsync);
    }

    public int Depth => _watch.Depth;

    public TimeSpan Unclaimed => _watch.Summary.Unclaimed;

    public TimeSpan OldestAge() => _watch.Summary.OldestAge;

    public TimeSpan Lag() => _watch.Summary.Lag;

    public async ValueTask<List<JobTicket>> TakeAsync(int max, long maxBytes, JobHolder holder, CancellationToken cancellationToken) =>
        (await TakeAsync(max, maxBytes, holder, null, cancellationToken).ConfigureAwait(false)).Taken;

    public async ValueTask<List<JobTicket>> TakeAsync(IReadOnlyList<DocumentKey> only, long maxBytes, JobHolder holder, CancellationToken cancellationToken)
    {
        for (var looks = 1; ; looks++)
        {
            // No names: the worker only says that it is there, and who it is.
            var (taken, left) = await TakeAsync(Math.Max(1, only.Count), maxBytes, holder, only, cancellationToken).ConfigureAwait(false);
            if (taken.Count > 0 || !left)
                return taken;
            if (looks == MostLooks)
                throw new RagException(RagError.Overloaded, "documents: others are writing to what was asked for by name; ask again", Soon);
            await Task.Delay(BetweenLooks * looks, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<(List<JobTicket> Taken, bool Left)> TakeAsync(int max, long maxBytes, JobHolder holder, IReadOnlyList<DocumentKey>? only, CancellationToken cancellationToken)
    {
        await _tables.EnsureAsync(cancellationToken).ConfigureAwait(false);
        await _oneClaim.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _watch.WorkerCame();
            for (var again = true; ; again = false)
            {
                if (Ask(max, maxBytes, holder, only) is not { } question)
                    return ([], false);
                var signals = Interlocked.Read(ref _signals);
                try
                {
                    var (taken, next, left) = await _source.RunAsync((connection, stop) => ClaimStatements.RunAsync(connection, question, stop), cancellationToken).ConfigureAwait(false);
                    Answered(question, signals, taken.Count == 0 ? next : null, taken.Count == 0 && only is null);
                    return (taken, left);
                }
                catch (Exception error)
                {
                    // The server may have handed them out to nobody.
                    Lost(question.Claim);
                    if (!again || error is not RagException || !PostgresErrors.LostConnection(error.InnerException))
                        throw;
                    _source.Forget();
                }
            }
        }
        finally
        {
            _oneClaim.Release();
        }
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task edge;
        TimeSpan left;
        lock (_gate)
        {
            if (_signals != _emptyAt)
                return;
            (edge, left) = (_edge.Task, _emptyUntil - _time.GetUtcNow());
        }

        if (left <= TimeSpan.Zero)
            return;
        try
        {
            await edge.WaitAsync(left, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Something may be due.
        }
    }

    /// <summary>Noted here and done with the next claim, or within a second: the server may be down now.</summary>
    public ValueTask GiveBackAsync(DocumentKey key, long jobId, int attempt, DateTimeOffset dueAt)
    {
        lock (_gate)
            if (_givenBack.Count < MostEnded)
                _givenBack[(jobId, attempt)] = dueAt;
        return ValueTask.CompletedTask;
    }

    public JobTicket? Held(IDocumentTransaction transaction, DocumentKey key, long jobId, int attempt) =>
        Open(transaction, key).Held is { } held && held.JobId == jobId && held.Attempts == attempt ? held : null;

    public JobTicket? Find(IDocumentTransaction transaction, DocumentKey key, long jobId)
    {
        var document = Open(transaction, key);
        return document.Held?.JobId == jobId ? document.Held : document.Waiting?.JobId == jobId ? document.Waiting : null;
    }

    public void Add(JobTicket ticket)
    {
        _watch.Added(ticket.JobId);
        Changed();
    }

    public void Finish(DocumentKey key, long jobId)
    {
        _watch.WorkerCame();
        Changed();
    }

    public void Return(JobTicket ticket, DateTimeOffset dueAt)
    {
        _watch.WorkerCame();
        Changed();
    }

    public void Dispose() => _watch.Dispose();

    private static TaskCompletionSource NewEdge() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static OpenDocument Open(IDocumentTransaction transaction, DocumentKey key) =>
        ((DocumentTransaction)transaction).Get(key); // a board goes with its store

    // The commit's own word comes back to this process as to all others, unless nobody listens.
    private void Changed()
    {
        if (!_watch.Listens)
            Signal();
    }

    private void Signal()
    {
        TaskCompletionSource edge;
        lock (_gate)
        {
            _signals++;
            (edge, _edge) = (_edge, NewEdge());
        }

        edge.TrySetResult();
    }

    /// <summary>What to ask; null when it is known that there is nothing.</summary>
    private ClaimQuestion? Ask(int max, long maxBytes, JobHolder holder, IReadOnlyList<DocumentKey>? only)
    {
        lock (_gate)
        {
            var known = _runs.TryGetValue(holder.Worker, out var run) && run == holder.Incarnation;
            if (known && only is null && _emptyAt == _signals && _time.GetUtcNow() < _emptyUntil && _givenBack.Count + _lost.Count == 0)
                return null;
            return EndedLocked() with { Holder = holder, Max = max, MaxBytes = maxBytes, TakeOver = !known, Only = only };
        }
    }

    private ClaimQuestion EndedLocked()
    {
        var now = _time.GetUtcNow();
        return new ClaimQuestion(Guid.CreateVersion7(now), default, 0, 0, _lease)
        {
            GivenBack = [.. _givenBack.Select(g => (g.Key.Job, g.Key.Attempts, g.Value > now ? g.Value - now : TimeSpan.Zero))],
            Lost = [.. _lost],
        };
    }

    private void Answered(ClaimQuestion question, long signals, TimeSpan? next, bool empty)
    {
        lock (_gate)
        {
            EndLocked(question);
            if (_runs.Count >= MostWorkers)
                _runs.Clear();
            _runs[question.Holder.Worker] = question.Holder.Incarnation;
            _emptyAt = -1; // a claim that took over from the dead made work for others
            if (empty)
                (_emptyAt, _emptyUntil) = (signals, _time.GetUtcNow() + (next is { } due && due < Poll ? due > TimeSpan.Zero ? due : TimeSpan.FromMilliseconds(1) : Poll));
        }
    }

    private void EndLocked(ClaimQuestion question)
    {
        foreach (var (job, attempts, _) in question.GivenBack)
            _givenBack.Remove((job, attempts));
        _lost.RemoveAll(question.Lost.Contains);
    }

    private void Lost(Guid claim)
    {
        lock (_gate)
            if (_lost.Count < MostEnded)
                _lost.Add(claim);
    }

    /// <summary>Ends what came back or was lost, where no claim comes by to do it.</summary>
    private async ValueTask EndAsync(Npgsql.NpgsqlConnection connection, CancellationToken stop)
    {
        ClaimQuestion question;
        lock (_gate)
        {
            if (_givenBack.Count + _lost.Count == 0)
                return;
            question = EndedLocked();
        }

        await ClaimStatements.EndAsync(connection, question, stop).ConfigureAwait(false);
        lock (_gate)
            EndLocked(question);
        Signal();
    }
}
