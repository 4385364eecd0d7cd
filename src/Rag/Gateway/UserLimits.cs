using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Rag.Caching;
using Rag.Errors;
using Rag.Limits;

namespace Rag.Gateway;

/// <summary>
/// The users' rate limits: those that all gateways share, or, while they can't be had, this gateway's own count against its part of the limit. The own count
/// starts rested, so a user may at most have a part of the quota once more when the shared one goes.
/// </summary>
internal sealed partial class UserLimits(IRateLimits shared, GatewayOptions options, TimeProvider time, ILogger<UserLimits> log)
{
    /// <summary>What a response says whose request was counted here alone.</summary>
    public const string Unavailable = "caching_unavailable";

    private static readonly Counter<long> Local = new Meter("Rag").CreateCounter<long>(
        "rag.gateway.local_limits", "{request}", "Requests counted against this gateway's part of the limit, because the shared limits did not answer");

    private readonly RateLimiter _own = new(time);
    private readonly RepeatedWarning _warning = new(time);
    private int _toldDown;

    /// <summary>Counts a request, and says whether all gateways know of it.</summary>
    public ValueTask<(RateDecision Decision, bool Shared)> TakeAsync(string user, int requestsPerMinute, CancellationToken cancellationToken)
    {
        ValueTask<RateDecision> taking;
        try
        {
            taking = shared.TakeAsync(new RateTake(user, requestsPerMinute), cancellationToken);
        }
        catch (RagException error)
        {
            return new(Own(user, requestsPerMinute, error));
        }

        // In one process there is nothing to wait for.
        return taking.IsCompletedSuccessfully
            ? new(Shared(taking.Result))
            : AwaitAsync(taking, user, requestsPerMinute, cancellationToken);
    }

    private async ValueTask<(RateDecision, bool)> AwaitAsync(ValueTask<RateDecision> taking, string user, int requestsPerMinute, CancellationToken cancellationToken)
    {
        try
        {
            return Shared(await taking.ConfigureAwait(false));
        }
        catch (RagException error) when (!cancellationToken.IsCancellationRequested)
        {
            return Own(user, requestsPerMinute, error);
        }
    }

    private (RateDecision, bool) Shared(RateDecision decision)
    {
        if (Volatile.Read(ref _toldDown) != 0 && Interlocked.Exchange(ref _toldDown, 0) != 0)
            Back();
        return (decision, true);
    }

    private (RateDecision, bool) Own(string user, int requestsPerMinute, RagException error)
    {
        if (_warning.IsDue(out var times))
        {
            Volatile.Write(ref _toldDown, 1);
            Down(error.Message, times, options.Replicas);
        }

        Local.Add(1);
        return (_own.Take(user, Math.Max(1, requestsPerMinute / options.Replicas)), false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The shared rate limits did not answer ({Reason}; {Times} times); this gateway counts for itself, against 1/{Replicas} of each limit")]
    private partial void Down(string reason, long times, int replicas);

    [LoggerMessage(Level = LogLevel.Information, Message = "The shared rate limits answer again")]
    private partial void Back();
}
