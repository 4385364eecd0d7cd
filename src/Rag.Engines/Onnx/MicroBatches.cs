using Rag.Engines.Onnx.Texts;
using Rag.Errors;

namespace Rag.Engines.Onnx;

/// <summary>
/// Gathers the inputs of all requests into batches of like length, and computes as many batches at a time as there are sessions:
/// <code>
///   request ─▶ its inputs ─▶ queue (bounded) ─▶ the oldest, and those nearest to it in length ─▶ a session ─▶ each input's own request
///                              urgent | others     until batch_texts or batch_tokens
/// </code>
/// What people wait for goes first; other work after two seconds of waiting as well. A request that was cancelled leaves its inputs uncomputed. Safe for concurrent use.
/// </summary>
internal sealed class MicroBatches : IAsyncDisposable
{
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly LinkedList<Item> _urgent = [];
    private readonly LinkedList<Item> _others = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly OnnxOptions _options;
    private readonly TimeProvider _time;
    private readonly OnnxMetrics _metrics;
    private readonly Task[] _workers;

    /// <param name="sessions">Each computes one batch at a time; left to the caller to dispose of.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="metrics">Where batches are counted.</param>
    /// <param name="time">The clock.</param>
    public MicroBatches(IReadOnlyList<Func<IReadOnlyList<TokenSequence>, float[][]>> sessions, OnnxOptions options, OnnxMetrics metrics, TimeProvider time)
    {
        (_options, _metrics, _time) = (options, metrics, time);
        _workers = [.. sessions.Select(session => Task.Run(() => WorkAsync(session)))];
    }

    /// <summary>Computes inputs; results in their order.</summary>
    /// <exception cref="RagException">Overloaded: the queue is full. Unavailable: the model failed.</exception>
    public async Task<float[][]> ComputeAsync(IReadOnlyList<TokenSequence> inputs, bool isUrgent, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new Request(inputs.Count);
        lock (_lock)
        {
            // One request larger than the queue may pass when nothing waits: it could never be served otherwise.
            var waiting = _urgent.Count + _others.Count;
            if (waiting > 0 && waiting + inputs.Count > _options.Queue)
                throw new RagException(RagError.Overloaded, $"{_options.Seam}: {waiting} texts wait; {_options.Seam}:queue_texts permits {_options.Queue}", TimeSpan.FromSeconds(1));
            var now = _time.GetTimestamp();
            for (var i = 0; i < inputs.Count; i++)
                (isUrgent ? _urgent : _others).AddLast(new Item(request, i, inputs[i], now));
        }

        _metrics.Queued(inputs.Count);
        _arrived.Release();
        using var gone = cancellationToken.Register(static state => ((Request)state!).Cancel(), request);
        return await request.Result.ConfigureAwait(false);
    }

    /// <summary>Ends after the batches in hand; what waits fails.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_workers).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (var item in _urgent.Concat(_others))
            {
                _metrics.Queued(-1);
                item.Request.Fail(new RagException(RagError.Unavailable, $"{_options.Seam}: the service is stopping"));
            }

            _urgent.Clear();
            _others.Clear();
        }

        _arrived.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync(Func<IReadOnlyList<TokenSequence>, float[][]> session)
    {
        try
        {
            while (true)
            {
                await _arrived.WaitAsync(_stop.Token).ConfigureAwait(false);
                if (Waiting() is > 0 and var waiting && waiting < _options.BatchTexts && _options.BatchWait > TimeSpan.Zero)
                    await Task.Delay(_options.BatchWait, _time, _stop.Token).ConfigureAwait(false);
                if (Take() is not { Count: > 0 } batch)
                    continue;
                if (Waiting() > 0)
                    _arrived.Release(); // for another session, or for the next round
                Compute(session, batch);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }

    private int Waiting()
    {
        lock (_lock)
            return _urgent.Count + _others.Count;
    }

    private List<Item> Take()
    {
        lock (_lock)
        {
            Discard(_urgent);
            Discard(_others);
            var queue = _urgent.Count == 0 || (_others.First is { } old && _time.GetElapsedTime(old.Value.Since) > LongWait) ? _others : _urgent;
            if (queue.First is not { } oldest)
                return [];
            var batch = Choose(oldest.Value, [.. queue.Take(8 * _options.BatchTexts)]);
            var chosen = batch.ToHashSet();
            for (var node = queue.First; node is not null && chosen.Count > 0;)
            {
                var next = node.Next;
                if (chosen.Remove(node.Value))
                    queue.Remove(node);
                node = next;
            }

            _metrics.Queued(-batch.Count);
            return batch;
        }
    }

    // Grows from the oldest to those nearest in length: padding costs what text costs.
    private List<Item> Choose(Item oldest, List<Item> candidates)
    {
        candidates.Sort(static (a, b) => a.Input.Ids.Length.CompareTo(b.Input.Ids.Length));
        var at = candidates.IndexOf(oldest);
        var (low, high, width) = (at, at, oldest.Input.Ids.Length);
        while (high - low + 1 < Math.Min(_options.BatchTexts, candidates.Count))
        {
            var shorter = low > 0 ? width - candidates[low - 1].Input.Ids.Length : int.MaxValue;
            var longer = high + 1 < candidates.Count ? candidates[high + 1].Input.Ids.Length - width : int.MaxValue;
            var wider = longer <= shorter ? candidates[high + 1].Input.Ids.Length : width;
            if ((long)wider * (high - low + 2) > _options.BatchTokens)
                break;
            (low, high, width) = longer <= shorter ? (low, high + 1, wider) : (low - 1, high, width);
        }

        return candidates.GetRange(low, high - low + 1);
    }

    private void Discard(LinkedList<Item> queue)
    {
        for (var node = queue.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Request.IsOver)
            {
                queue.Remove(node);
                _metrics.Queued(-1);
            }

            node = next;
        }
    }

    private void Compute(Func<IReadOnlyList<TokenSequence>, float[][]> session, List<Item> batch)
    {
        try
        {
            var started = _time.GetTimestamp();
            var results = session(batch.ConvertAll(item => item.Input));
            _metrics.Computed(batch.Count, batch.Sum(item => item.Input.Ids.Length), batch.Count * batch.Max(item => item.Input.Ids.Length), _time.GetElapsedTime(started));
            for (var i = 0; i < results.Length; i++)
                batch[i].Request.Set(batch[i].Place, results[i]);
        }
        catch (Exception error)
        {
            // Whatever it is, those who wait must hear of it and the worker must live.
            foreach (var item in batch)
                item.Request.Fail(new RagException(RagError.Unavailable, $"{_options.Seam}: {error.Message}", inner: error));
        }
    }

    private sealed record Item(Request Request, int Place, TokenSequence Input, long Since)
    {
        public bool Equals(Item? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }

    private sealed class Request(int count)
    {
        private readonly TaskCompletionSource<float[][]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly float[][] _results = new float[count][];
        private int _left = count;

        public Task<float[][]> Result => _done.Task;

        public bool IsOver => _done.Task.IsCompleted;

        public void Set(int place, float[] result)
        {
            _results[place] = result;
            if (Interlocked.Decrement(ref _left) == 0)
                _done.TrySetResult(_results);
        }

        public void Fail(Exception error) => _done.TrySetException(error);

        public void Cancel() => _done.TrySetCanceled();
    }
}
