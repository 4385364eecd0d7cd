namespace Loadline.Faults.Proxy;

/// <summary>
/// What a toxic does to one stream of one connection. It waits for nothing and holds nothing: it says at which time bytes go on, and its stage keeps them until
/// then; so each wait can be ended, and what is in flight goes on when the toxic goes. Calls come one at a time.
/// </summary>
internal abstract class Behaviour
{
    /// <summary>A time that doesn't come.</summary>
    internal const long Never = long.MaxValue;

    /// <summary>Whether what it holds waits until the toxic goes. A client that left has then no use for the connection.</summary>
    internal virtual bool Holds => false;

    /// <summary>How many bytes must be in flight in it so that it doesn't limit the rate further than it should.</summary>
    internal virtual long InFlight => 0;

    /// <summary>It begins to act on this stream.</summary>
    internal virtual void Start(long now, IStageOutput output)
    {
    }

    /// <summary>Bytes have come.</summary>
    internal virtual void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output) => output.Pass(bytes, now);

    /// <summary>The stream has ended.</summary>
    internal virtual void End(long now, IStageOutput output) => output.End(now);

    /// <summary>It ceases to act on this stream: what it kept for itself goes on.</summary>
    internal virtual void Stop(long now, IStageOutput output)
    {
    }

    /// <summary>Takes over from another setting of the same toxic: what has to be remembered across a change.</summary>
    internal virtual void Follow(Behaviour before)
    {
    }
}

/// <summary>Where a toxic's bytes go on to. Times are ticks of 100 ns on the proxy's clock; order is kept, so a time before one given earlier counts as that one.</summary>
internal interface IStageOutput
{
    /// <summary>Bytes go on at a time.</summary>
    void Pass(ReadOnlySpan<byte> bytes, long due);

    /// <summary>The stream ends at a time.</summary>
    void End(long due);

    /// <summary>The connection is closed at a time: both sides see an end.</summary>
    void Close(long due);

    /// <summary>The connection is reset at a time: both sides see a reset.</summary>
    void Reset(long due);
}
