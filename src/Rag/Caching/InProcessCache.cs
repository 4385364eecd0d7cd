namespace Rag.Caching;

/// <summary>
/// Least recently used entries within two bounds, entries and bytes; one lock, held for a few pointer moves only.
/// A value greater than an eighth of the byte bound is not kept: it would push out too much for one hit.
/// </summary>
internal sealed class InProcessCache(CachingOptions options, TimeProvider time) : ICaching, ICacheEntries
{
    // What an entry costs beside its key and value: node, dictionary slot, object headers.
    private const int EntryOverhead = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new(); // most recently used first
    private readonly Dictionary<(string Key, Type Type), object> _flights = [];
    private long _bytes;

    /// <summary>Entries held.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Bytes held, as estimated.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    public ValueTask<T?> FindAsync<T>(string key, CancellationToken cancellationToken) where T : class
    {
        lock (_lock)
            return ValueTask.FromResult(FindLocked<T>(key));
    }

    public ValueTask KeepAsync<T>(string key, T value, TimeSpan lifetime, CancellationToken cancellationToken) where T : class
    {
        lock (_lock)
            KeepLocked(key, value, lifetime);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<CacheReply<T>> GetOrComputeAsync<T>(
        string key, TimeSpan lifetime, Func<CancellationToken, ValueTask<T>> compute, CancellationToken cancellationToken) where T : class
    {
        Flight<T> flight;
        var leads = false;
        lock (_lock)
        {
            if (FindLocked<T>(key) is { } found)
                return new CacheReply<T>(found, Hit: true);
            if (_flights.TryGetValue((key, typeof(T)), out var running))
                flight = (Flight<T>)running;
            else
            {
                flight = new Flight<T>();
                _flights.Add((key, typeof(T)), flight);
                leads = true;
            }

            flight.Waiting++;
        }

        if (leads)
            _ = RunAsync(key, lifetime, flight, compute);
        try
        {
            return new CacheReply<T>(await flight.Task.WaitAsync(cancellationToken).ConfigureAwait(false), Hit: !leads);
        }
        finally
        {
            Leave(key, flight);
        }
    }

    private async Task RunAsync<T>(string key, TimeSpan lifetime, Flight<T> flight, Func<CancellationToken, ValueTask<T>> compute) where T : class
    {
        try
        {
            var value = await compute(flight.Stop.Token).ConfigureAwait(false);
            lock (_lock)
            {
                KeepLocked(key, value, lifetime);
                RemoveFlightLocked(key, flight);
            }

            flight.Done.TrySetResult(value);
        }
        catch (Exception error)
        {
            lock (_lock)
                RemoveFlightLocked(key, flight);
            if (error is OperationCanceledException)
                flight.Done.TrySetCanceled(flight.Stop.Token);
            else
                flight.Done.TrySetException(error);
            _ = flight.Task.Exception; // seen: when every caller has gone nobody else looks at it
        }
    }

    private void Leave<T>(string key, Flight<T> flight) where T : class
    {
        lock (_lock)
        {
            if (--flight.Waiting > 0 || flight.Task.IsCompleted)
                return;
            // The last caller has gone: a newcomer must not join a computation that is being stopped.
            RemoveFlightLocked(key, flight);
        }

        flight.Stop.Cancel();
    }

    private void RemoveFlightLocked<T>(string key, Flight<T> flight) where T : class
    {
        if (_flights.TryGetValue((key, typeof(T)), out var current) && ReferenceEquals(current, flight))
            _flights.Remove((key, typeof(T)));
    }

    private T? FindLocked<T>(string key) where T : class
    {
        if (!_entries.TryGetValue(key, out var node))
            return null;
        if (node.Value.Ends <= time.GetTimestamp())
        {
            RemoveLocked(node);
            return null;
        }

        if (node.Value.Value is not T value)
            return null;
        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return value;
    }

    private void KeepLocked(string key, object value, TimeSpan lifetime)
    {
        if (_entries.TryGetValue(key, out var old))
            RemoveLocked(old);
        var bytes = EntryOverhead + 2L * key.Length + ((value as ISizedValue)?.Bytes ?? SizeOf(value));
        if (lifetime <= TimeSpan.Zero || bytes > options.Bytes / 8)
            return;
        var ends = time.GetTimestamp() + (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        _entries.Add(key, _byUse.AddFirst(new Entry(key, value, bytes, ends)));
        _bytes += bytes;
        while (_entries.Count > options.Entries || _bytes > options.Bytes)
            RemoveLocked(_byUse.Last!);
    }

    private void RemoveLocked(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Key);
        _bytes -= node.Value.Bytes;
    }

    private static long SizeOf(object value) => value switch
    {
        string text => 2L * text.Length,
        float[] vector => 24 + 4L * vector.Length,
        byte[] bytes => 24 + bytes.Length,
        _ => 256, // unknown: a value that can be large implements ISizedValue
    };

    private readonly record struct Entry(string Key, object Value, long Bytes, long Ends);

    private sealed class Flight<T> where T : class
    {
        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => Done.Task;

        public CancellationTokenSource Stop { get; } = new();

        public int Waiting { get; set; }
    }
}
