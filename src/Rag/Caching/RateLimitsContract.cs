using Rag.Limits;
using Rag.Seams;

namespace Rag.Caching;

/// <summary><see cref="IRateLimits"/> through the seam.</summary>
internal static class RateLimitsContract
{
    // On the path of every request: past 50 ms the gateway's own count is the better one. Not tried twice: both tries would count.
    private static readonly UnaryCall<IRateLimits, RateTake, RateDecision> Take =
        new("Take", static (s, r, stop) => s.TakeAsync(r, stop), new CallPolicy { Cap = TimeSpan.FromMilliseconds(50), BatchCap = TimeSpan.FromMilliseconds(50) });

    public static Contract<IRateLimits> Instance { get; } = new("caching", seam => new Proxy(seam), Take);

    private sealed class Proxy(Seam<IRateLimits> seam) : IRateLimits
    {
        public ValueTask<RateDecision> TakeAsync(RateTake request, CancellationToken cancellationToken) => seam.CallAsync(Take, request, cancellationToken);
    }
}
