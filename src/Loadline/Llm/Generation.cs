namespace Loadline.Llm;

/// <summary>How a generation ended.</summary>
internal enum GenerationEnd
{
    /// <summary>Every token was due; what the client has not taken yet is still owed to it.</summary>
    Finished,

    /// <summary>It failed before its first token, as the model's failure share asks.</summary>
    Failed,

    /// <summary>It breaks off here, as the cut share asks.</summary>
    Cut,

    /// <summary>The client went away.</summary>
    Cancelled,
}

/// <summary>Takes tokens as they fall due; called by one thread at a time, must not block.</summary>
internal interface ITokenSink
{
    /// <summary>
    /// Takes tokens from <paramref name="from"/> up to <paramref name="to"/> (exclusive) and returns how many: fewer, or 0, when the client is behind; the rest is
    /// offered again. <paramref name="last"/>: they end the answer.
    /// </summary>
    int Write(int from, int to, bool last);
}

/// <summary>What was drawn for one request.</summary>
/// <param name="FirstToken">Clock ticks from admission to the first token, before the load factor.</param>
/// <param name="Tokens">Tokens in the answer.</param>
/// <param name="Gap">Draws the clock ticks to the next token, before the load factor.</param>
/// <param name="Fails">Whether it fails instead of giving its first token.</param>
/// <param name="CutAfter">The number of tokens after which it breaks off; <see cref="int.MaxValue"/> for never.</param>
internal sealed record GenerationDraw(long FirstToken, int Tokens, Func<long> Gap, bool Fails, int CutAfter);

/// <summary>
/// One answer in the making. Pure but for its sink: given a time it says which tokens are due and when it wants to be asked again. Token <c>k+1</c> is
/// due a gap after token <c>k</c> <em>was due</em>, whenever that one was written, so lateness never adds up.
/// </summary>
internal sealed class Generation(GenerationDraw draw, ITokenSink sink, long arrived)
{
    private readonly TaskCompletionSource<GenerationEnd> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _writing = new();
    private int _generated;
    private bool _ended;

    /// <summary>When the request came.</summary>
    public long Arrived => arrived;

    /// <summary>When the next token is due; set on admission.</summary>
    public long Due { get; private set; }

    /// <summary>Tokens that have fallen due so far.</summary>
    public int Generated => _generated;

    /// <summary>Tokens that the sink has taken so far.</summary>
    public int Written { get; private set; }

    /// <summary>Completes when the generation has ended; from then on its sink is not called any more.</summary>
    public Task<GenerationEnd> Completion => _completion.Task;

    /// <summary>The engine's bookkeeping, guarded by the engine's lock.</summary>
    public GenerationPlace Place { get; set; }

    /// <summary>Where it waits, guarded by the engine's lock.</summary>
    public LinkedListNode<Generation>? Waiting { get; set; }

    /// <summary>Gives it a slot at time <paramref name="now"/>.</summary>
    public void Admit(long now, double slowdown) => Due = now + (long)(draw.FirstToken * slowdown);

    /// <summary>Generates every token due by <paramref name="horizon"/> and hands them to the sink together. Null while there is more to come.</summary>
    public GenerationEnd? Advance(long horizon, double slowdown)
    {
        lock (_writing)
        {
            if (_ended)
                return GenerationEnd.Cancelled;
            if (draw.Fails)
                return Ended(GenerationEnd.Failed);
            var end = Math.Min(draw.Tokens, draw.CutAfter);
            while (_generated < end && Due <= horizon)
            {
                _generated++;
                Due += (long)(draw.Gap() * slowdown);
            }
            var last = _generated == draw.Tokens;
            if (Written < _generated)
                Written += sink.Write(Written, _generated, last);
            return _generated < end ? null : Ended(last ? GenerationEnd.Finished : GenerationEnd.Cut);
        }
    }

    /// <summary>Ends it; waits for a write in hand, after which there is none. False if it had ended before.</summary>
    public bool Cancel()
    {
        lock (_writing)
        {
            if (_ended)
                return false;
            _ended = true;
            return true;
        }
    }

    /// <summary>Tells whoever awaits <see cref="Completion"/>.</summary>
    public void Complete(GenerationEnd end) => _completion.TrySetResult(end);

    private GenerationEnd Ended(GenerationEnd end)
    {
        _ended = true;
        return end;
    }
}

/// <summary>Where a generation is.</summary>
internal enum GenerationPlace
{
    /// <summary>Not submitted.</summary>
    New,

    /// <summary>In the queue.</summary>
    Queued,

    /// <summary>In a slot.</summary>
    Running,

    /// <summary>Gone.</summary>
    Left,
}
