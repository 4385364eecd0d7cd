namespace Rag.Host.Wiring.Remote;

/// <summary>
/// Reads a stream in batches of what is there without waiting: a lone item comes at once, and what came up while the reader was busy comes together.
/// Used by one reader.
/// </summary>
internal sealed class BatchReader<T> : IAsyncDisposable
{
    private readonly IAsyncEnumerator<T> _items;
    private readonly CancellationTokenSource _stop;
    private readonly int _most;
    private Task<bool>? _next;

    /// <param name="items">The stream.</param>
    /// <param name="most">The most items of one batch.</param>
    /// <param name="cancellationToken">Stops the stream.</param>
    public BatchReader(IAsyncEnumerable<T> items, int most, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _items = items.GetAsyncEnumerator(_stop.Token);
        _most = most;
    }

    /// <summary>The next batch, or null at the end.</summary>
    public async Task<IReadOnlyList<T>?> ReadAsync()
    {
        var there = await (_next ?? _items.MoveNextAsync().AsTask()).ConfigureAwait(false);
        _next = null;
        if (!there)
        {
            _next = Task.FromResult(false);
            return null;
        }

        var batch = new List<T> { _items.Current };
        while (true)
        {
            var next = _items.MoveNextAsync();
            // One that failed already is kept for the next read: what came before it is delivered first.
            if (batch.Count == _most || !next.IsCompletedSuccessfully)
            {
                _next = next.AsTask();
                return batch;
            }

            if (!next.Result)
            {
                _next = Task.FromResult(false);
                return batch;
            }

            batch.Add(_items.Current);
        }
    }

    /// <summary>Stops the stream and waits until it has stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        // An enumerator must not be disposed of while it moves.
        if (_next is not null)
            await _next.ContinueWith(static moved => _ = moved.Exception, TaskScheduler.Default).ConfigureAwait(false);
        await _items.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
