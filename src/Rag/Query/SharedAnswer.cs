using System.Runtime.CompilerServices;
using Rag.Seams;

namespace Rag.Query;

/// <summary>
/// One answer in the making with any number of readers: each sees all its events from the first on, as they come. No task of its own: whoever needs
/// the next event first moves the source on, and the others wait for it, so the common case of a single reader costs one uncontended lock per event.
/// The source stops at once when the last reader has gone; when only the one who moves it goes, another takes over at the next event.
/// </summary>
internal sealed class SharedAnswer
{
    private const int EventsThatBeginWork = 2;

    private readonly Lock _lock = new();
    private readonly List<AnswerEvent> _events = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly IAsyncEnumerator<AnswerEvent> _source;
    private readonly Action<SharedAnswer> _closed;
    private TaskCompletionSource? _more; // made by the first reader who must wait
    private Exception? _failure;
    private int _readers;
    private bool _moving;
    private bool _ended;
    private bool _disposed;

    /// <param name="make">Makes the source; its token ends when the last reader has gone.</param>
    /// <param name="closed">Called once, when nobody may join any more; must not call back.</param>
    public SharedAnswer(Func<CancellationToken, IAsyncEnumerable<AnswerEvent>> make, Action<SharedAnswer> closed)
    {
        _source = make(_stop.Token).GetAsyncEnumerator(_stop.Token);
        _closed = closed;
    }

    /// <summary>Readers now.</summary>
    public int Readers
    {
        get
        {
            lock (_lock)
                return _readers;
        }
    }

    /// <summary>Takes a reader's place; <see cref="ReadAsync"/> must follow and gives it back.</summary>
    /// <returns>False when the answer has ended or was given up: make another.</returns>
    public bool TryJoin()
    {
        lock (_lock)
        {
            if (_ended)
                return false;
            _readers++;
            return true;
        }
    }

    /// <summary>All events, from the first.</summary>
    public async IAsyncEnumerable<AnswerEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = new Place(this);
        try
        {
            // Gives the place back the moment the caller goes, even while the source is being waited for.
            await using var leaving = cancellationToken.UnsafeRegister(static p => ((Place)p!).Leave(), place).ConfigureAwait(false);
            for (var index = 0; ; index++)
            {
                AnswerEvent? next;
                while (!TryTake(index, out next, out var wait))
                    if (wait is null)
                        await MoveAsync().ConfigureAwait(false);
                    else
                        await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (next is null)
                    yield break;
                yield return next;
            }
        }
        finally
        {
            place.Leave();
            await DisposeWhenDeserted().ConfigureAwait(false);
        }
    }

    // True: an event, or null at the end. False: wait for another reader's move, or (no task) move yourself.
    private bool TryTake(int index, out AnswerEvent? next, out Task? wait)
    {
        wait = null;
        lock (_lock)
        {
            next = index < _events.Count ? _events[index] : null;
            if (next is not null)
                return true;
            if (_failure is not null)
                throw _failure;
            if (_ended)
                return true;
            if (_moving)
                wait = (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            else
                _moving = true;
            return false;
        }
    }

    private async ValueTask MoveAsync()
    {
        AnswerEvent? next = null;
        Exception? failure = null;
        // Retrieval and generation begin with the first two events. They must not end with the time of the reader who happens to move them.
        if (_events.Count < EventsThatBeginWork)
            CallScope.EnterShared();
        try
        {
            if (await _source.MoveNextAsync().ConfigureAwait(false))
                next = _source.Current;
        }
        catch (Exception error)
        {
            failure = error;
        }

        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _moving = false;
            if (next is not null)
                _events.Add(next);
            else
            {
                _failure = failure;
                End();
            }

            waiting = _more;
            _more = null;
        }

        waiting?.TrySetResult();
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_readers > 0)
                return;
            if (!_ended)
                End();
        }

        _stop.Cancel();
    }

    private void End()
    {
        if (_ended)
            return;
        _ended = true;
        _closed(this);
    }

    private async ValueTask DisposeWhenDeserted()
    {
        lock (_lock)
        {
            if (_readers > 0 || _moving || _disposed)
                return;
            _disposed = true;
        }

        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class Place(SharedAnswer answer)
    {
        private int _left;

        public void Leave()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                answer.Leave();
        }
    }
}
