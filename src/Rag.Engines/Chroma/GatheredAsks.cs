namespace Rag.Engines.Chroma;

/// <summary>
/// Asks of the same kind that come while earlier ones are under way go together in one call; one that comes alone goes at once, so nobody waits for company:
/// <code>
///   ask ─▶ fewer than atOnce calls of its key under way? ─yes▶ a call of its own
///                        └no▶ waits ─▶ a call ends ─▶ all that wait, up to most, in the next
/// </code>
/// A call begins after each of its asks has come, so what it reads is no older than the ask. It is cancelled when nobody waits for it any more; its failure
/// reaches all that do. What waits is bounded by who asks. Safe for concurrent use.
/// </summary>
/// <typeparam name="TKey">What asks must have in common to go together.</typeparam>
/// <typeparam name="TAsk">What is asked.</typeparam>
/// <typeparam name="TReply">What is replied.</typeparam>
/// <param name="most">The most asks in one call.</param>
/// <param name="atOnce">The most calls of a key under way.</param>
/// <param name="call">The call: replies in the order of the asks.</param>
internal sealed class GatheredAsks<TKey, TAsk, TReply>(int most, int atOnce, Func<TKey, IReadOnlyList<TAsk>, CancellationToken, ValueTask<IReadOnlyList<TReply>>> call)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Line> _lines = [];

    /// <summary>Asks.</summary>
    public async ValueTask<TReply> AskAsync(TKey key, TAsk ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var entry = new Entry(ask);
        Line? opened = null;
        lock (_lock)
        {
            if (!_lines.TryGetValue(key, out var line))
                _lines.Add(key, line = new Line());
            if (line.UnderWay < atOnce)
                (opened, line.UnderWay) = (line, line.UnderWay + 1);
            else
                line.Waiting.Add(entry);
        }

        if (opened is not null)
            _ = CallAsync(key, opened, [entry]);
        using var gone = cancellationToken.Register(static (state, token) => ((Entry)state!).Leave(token), entry);
        return await entry.Reply.ConfigureAwait(false);
    }

    private async Task CallAsync(TKey key, Line line, List<Entry> entries)
    {
        // Not disposed of: who leaves in the moment in which the call ends still cancels it, and it holds nothing that a collection does not free.
        var abandoned = new CancellationTokenSource();
        var waiting = entries.Count;
        foreach (var entry in entries)
            entry.OnLeft(() =>
            {
                if (Interlocked.Decrement(ref waiting) == 0)
                    abandoned.Cancel();
            });
        try
        {
            var replies = await call(key, entries.ConvertAll(entry => entry.Ask), abandoned.Token).ConfigureAwait(false);
            for (var i = 0; i < entries.Count; i++)
                entries[i].Set(replies[i]);
        }
        catch (Exception error)
        {
            // Whatever it is, those who wait must hear of it, and the line must go on.
            foreach (var entry in entries)
                entry.Fail(error);
        }

        GoOn(key, line);
    }

    private void GoOn(TKey key, Line line)
    {
        List<Entry> next;
        lock (_lock)
        {
            line.Waiting.RemoveAll(entry => entry.IsOver);
            next = line.Waiting.GetRange(0, Math.Min(most, line.Waiting.Count));
            line.Waiting.RemoveRange(0, next.Count);
            if (next.Count == 0 && --line.UnderWay == 0)
                _lines.Remove(key);
        }

        // In the context of one who waits for it: traces and times belong to it, not to the call before.
        if (next is [{ Context: { } context }, ..])
            ExecutionContext.Run(context, _ => _ = CallAsync(key, line, next), null);
        else if (next.Count > 0)
            _ = CallAsync(key, line, next);
    }

    private sealed class Line
    {
        public int UnderWay { get; set; }

        public List<Entry> Waiting { get; } = [];
    }

    private sealed class Entry(TAsk ask)
    {
        private readonly TaskCompletionSource<TReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _lock = new();
        private Action? _left;

        public TAsk Ask => ask;

        public ExecutionContext? Context { get; } = ExecutionContext.Capture();

        public Task<TReply> Reply => _reply.Task;

        public bool IsOver => _reply.Task.IsCompleted;

        public void Set(TReply reply)
        {
            if (_reply.TrySetResult(reply))
                OnLeft(null);
        }

        public void Fail(Exception error)
        {
            if (_reply.TrySetException(error))
                OnLeft(null);
        }

        /// <summary>Whoever asked has gone.</summary>
        public void Leave(CancellationToken token)
        {
            Action? left;
            lock (_lock)
            {
                if (!_reply.TrySetCanceled(token))
                    return;
                left = _left;
            }

            left?.Invoke();
        }

        /// <summary>What happens when whoever asked goes before the reply; at once when it has gone already.</summary>
        public void OnLeft(Action? left)
        {
            bool isGone;
            lock (_lock)
                (_left, isGone) = (left, _reply.Task.IsCanceled);
            if (isGone)
                left?.Invoke();
        }
    }
}
