using Rag.Errors;

namespace Rag.Documents;

/// <summary>
/// Whether ingestion keeps up well enough to take more in. It closes when the oldest waiting job is older than the most that is allowed, and opens again below
/// 80 % of it, so that it does not flutter. Safe for concurrent use.
/// </summary>
internal sealed class Admission(IJobBacklog board, TimeSpan mostLag, TimeProvider time)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1); // a look goes over all that waits
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long? _lookedAt;
    private TimeSpan _lag;
    private bool _closed;

    /// <exception cref="RagException">Throttled: ingestion lags behind too far.</exception>
    public void Check()
    {
        lock (_gate)
        {
            if (_lookedAt is not { } at || time.GetElapsedTime(at) >= BetweenLooks)
            {
                _lookedAt = time.GetTimestamp();
                _lag = board.Lag();
                _closed = _lag > (_closed ? 0.8 * mostLag : mostLag);
            }

            if (_closed)
                throw new RagException(
                    RagError.Throttled,
                    $"documents: the oldest upload has waited {_lag.TotalSeconds:0} s for ingestion, the limit is {mostLag.TotalSeconds:0} s (documents:max_lag_seconds); try again later",
                    RetryAfter);
        }
    }
}
