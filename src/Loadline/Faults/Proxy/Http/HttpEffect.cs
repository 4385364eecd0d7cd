namespace Loadline.Faults.Proxy.Http;

/// <summary>What a toxic does to HTTP messages. It holds no state of a connection: what happens depends on where in an exchange it is asked.</summary>
internal abstract class HttpEffect
{
    /// <summary>The answer to a request in the server's place, whole; null leaves it to the server.</summary>
    /// <param name="close">Whether the connection ends behind it.</param>
    /// <param name="toHead">Whether it answers HEAD, and so has no body.</param>
    internal virtual byte[]? Answer(bool close, bool toHead) => null;

    /// <summary>Whether it acts on a response of the server.</summary>
    internal virtual bool ActsOn(in MessageHead response) => false;

    /// <summary>What happens when so many events have passed (0: the head) and the rest has not.</summary>
    internal virtual Turn After(long events) => Turn.None;
}

/// <summary>What happens at a place in a response.</summary>
/// <param name="Wait">By how much the rest is late, in ticks; <see cref="Behaviour.Never"/>: until the toxic goes.</param>
/// <param name="Cut">Whether the connection ends there.</param>
internal readonly record struct Turn(long Wait, bool Cut)
{
    /// <summary>Nothing.</summary>
    internal static Turn None => default;
}
