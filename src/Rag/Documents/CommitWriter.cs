using Microsoft.Extensions.Logging;
using Rag.Crashes;
using Rag.Errors;

namespace Rag.Documents;

/// <summary>One write on its way into a transaction that it shares with others.</summary>
internal abstract class WriteOperation
{
    /// <summary>Bytes that it brings, for the bounds of queue and transaction.</summary>
    public virtual long Bytes => 0;

    /// <summary>The documents that it reads in the transaction.</summary>
    public abstract IEnumerable<DocumentKey> About { get; }

    /// <summary>Writes. Must not have written anything when it throws a <see cref="RagException"/>: its neighbours are kept.</summary>
    public abstract void Apply(IDocumentTransaction transaction);

    /// <summary>The transaction is committed: memory may now follow. On the writer's thread, in the order of <see cref="Apply"/>.</summary>
    public abstract void Committed();

    /// <summary>Nothing was kept of it.</summary>
    public abstract void Failed(Exception reason);
}

/// <summary>
/// The process's only writer. Writes that arrive while a transaction is being flushed share the next one, so that a disk flush is paid once for all of them:
/// <code>
///   upload ─▶┐                       ┌─▶ acknowledge
///   upload ─▶├─ queue ─▶ one commit ─┼─▶ acknowledge
///   result ─▶┘  (bounded)            └─▶ …
/// </code>
/// A thread of its own, since a flush blocks for milliseconds and the pool has few threads on small machines.
/// </summary>
internal sealed partial class CommitWriter : IDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly IDocumentStore _store;
    private readonly DocumentsOptions _options;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly Queue<WriteOperation> _waiting = new();
    private long _waitingBytes;
    private bool _idle;
    private bool _stopping;

    public CommitWriter(IDocumentStore store, DocumentsOptions options, ILogger logger)
    {
        (_store, _options, _logger) = (store, options, logger);
        _thread = new Thread(Run) { IsBackground = true, Name = "documents writer" };
        _thread.Start();
    }

    /// <summary>Transactions committed so far.</summary>
    public long Commits { get; private set; }

    /// <summary>Queues a client's write.</summary>
    /// <exception cref="RagException">Overloaded when the queue is full; Unavailable after <see cref="Dispose"/>.</exception>
    public void Submit(WriteOperation operation) => Enqueue(operation, bounded: true);

    /// <summary>Queues a write that follows from work already admitted; the bounds of batches in hand bound these.</summary>
    public void SubmitInternal(WriteOperation operation) => Enqueue(operation, bounded: false);

    /// <summary>Finishes what is queued, then stops.</summary>
    public void Dispose()
    {
        lock (_gate)
            _stopping = true;
        _work.Release();
        if (Thread.CurrentThread != _thread && !_thread.Join(StopTimeout))
            LogSlowStop(StopTimeout);
    }

    private void Enqueue(WriteOperation operation, bool bounded)
    {
        var wake = false;
        lock (_gate)
        {
            if (_stopping)
                throw new RagException(RagError.Unavailable, "documents: the service is stopping; try again");
            // One that is larger than all room together may still pass alone.
            if (bounded && (_waiting.Count >= _options.MaxPendingWrites
                || (_waiting.Count > 0 && _waitingBytes + operation.Bytes > _options.MaxPendingBytes)))
                throw new RagException(RagError.Overloaded,
                    $"documents: {_waiting.Count} writes ({_waitingBytes >> 20} MiB) are waiting for the disk, the limit is {_options.MaxPendingWrites} ({_options.MaxPendingBytes >> 20} MiB); try again later",
                    TimeSpan.FromSeconds(1));
            _waiting.Enqueue(operation);
            _waitingBytes += operation.Bytes;
            (wake, _idle) = (_idle, false);
        }

        if (wake)
            _work.Release();
    }

    private void Run()
    {
        var batch = new List<WriteOperation>();
        while (Take(batch))
        {
            Commit(batch);
            batch.Clear();
        }
    }

    /// <summary>Takes what waits, in order and up to the bounds of a transaction; waits for the first. False: stop.</summary>
    private bool Take(List<WriteOperation> batch)
    {
        while (true)
        {
            lock (_gate)
            {
                long bytes = 0;
                while (batch.Count < _options.MaxCommitWrites && bytes < _options.MaxCommitBytes && _waiting.TryDequeue(out var operation))
                {
                    bytes += operation.Bytes;
                    batch.Add(operation);
                }

                _waitingBytes -= bytes;
                if (batch.Count > 0)
                    return true;
                if (_stopping)
                    return false;
                _idle = true;
            }

            _work.Wait();
        }
    }

    private void Commit(List<WriteOperation> batch)
    {
        var refused = new Dictionary<WriteOperation, RagException>();
        try
        {
            if (_store is ISharedDocumentStore shared)
                shared.Commit([.. batch.SelectMany(operation => operation.About).Distinct()], Apply);
            else
                _store.Commit(Apply);
        }
        catch (Exception error)
        {
            LogCommitFailed(error, batch.Count);
            // What was sent to a server that then fell silent may be kept or not; nobody is told that it is.
            var reason = error as RagException
                ?? new RagException(RagError.Unavailable, "documents: the database can't be written; try again later", TimeSpan.FromSeconds(5), error);
            foreach (var operation in batch)
                Tell(operation, refused.GetValueOrDefault(operation, reason));
            return;
        }

        Failpoints.Reach(Failpoint.DocumentsCommitted);
        Commits++;
        foreach (var operation in batch)
            Tell(operation, refused.Count > 0 ? refused.GetValueOrDefault(operation) : null);

        void Apply(IDocumentTransaction transaction)
        {
            foreach (var operation in batch)
                try
                {
                    operation.Apply(transaction);
                }
                catch (RagException reason)
                {
                    refused[operation] = reason;
                }

            Failpoints.Reach(Failpoint.DocumentsBeforeCommit);
        }
    }

    private void Tell(WriteOperation operation, RagException? refusal)
    {
        try
        {
            if (refusal is null)
                operation.Committed();
            else
                operation.Failed(refusal);
        }
        catch (Exception error)
        {
            // The writer must outlive a mistake in memory's bookkeeping; what is on disk is right, and a restart reads it.
            LogFollowUpFailed(error, operation.GetType().Name);
            operation.Failed(error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Writes} writes failed together: the documents database can't be written")]
    private partial void LogCommitFailed(Exception error, int writes);

    [LoggerMessage(Level = LogLevel.Error, Message = "After a commit, {Operation} could not be followed up in memory")]
    private partial void LogFollowUpFailed(Exception error, string operation);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The documents writer did not stop within {Timeout}")]
    private partial void LogSlowStop(TimeSpan timeout);
}
