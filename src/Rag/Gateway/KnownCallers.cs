using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rag.Errors;
using Rag.Identity;

namespace Rag.Gateway;

/// <summary>
/// Who holds a key, as identity last said, so that keys seen lately work while identity is down. Fresh answers are believed without asking: a revocation takes
/// hold after at most 5 s here plus identity's own 10 s. Older ones serve only when identity can't be asked, and the answer then says so.
/// Keys are kept as hashes, and only those that identity has confirmed: invented ones can't fill it.
/// </summary>
internal sealed partial class KnownCallers(IIdentity identity, GatewayOptions options, TimeProvider time, ILogger<KnownCallers> log)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>How long identity is waited for when there is an older answer; whoever is not known has nothing else to wait for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);


    private readonly ConcurrentDictionary<KeyHash, Known> _known = new();
    private readonly RepeatedWarning _warning = new(time);

    /// <summary>Keys remembered.</summary>
    public int Count => _known.Count;

    /// <summary>Finds who holds a key.</summary>
    /// <returns>The caller, or null when the key is unknown or revoked; and whether identity could not be asked.</returns>
    /// <exception cref="RagException">Unavailable: identity can't be asked, and the key was not seen lately.</exception>
    public ValueTask<(Caller? Caller, bool WithoutIdentity)> FindAsync(string apiKey, CancellationToken cancellationToken)
    {
        var hash = KeyHash.Of(apiKey);
        return _known.TryGetValue(hash, out var known) && time.GetElapsedTime(known.At) < Fresh
            ? new((known.Caller, false))
            : AskAsync(apiKey, hash, known, cancellationToken);
    }

    private async ValueTask<(Caller? Caller, bool WithoutIdentity)> AskAsync(string apiKey, KeyHash hash, Known? known, CancellationToken cancellationToken)
    {
        Caller? caller;
        try
        {
            var asked = identity.AuthenticateAsync(apiKey, cancellationToken);
            caller = known is null || asked.IsCompleted ? await asked.ConfigureAwait(false) : await asked.AsTask().WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Warn(error.Message);
            if (known is not null && time.GetElapsedTime(known.At) < options.KnownKeyTime)
                return (known.Caller, true);
            // Not 401: the key may well be right.
            throw new RagException(
                RagError.Unavailable, "the key can't be checked now, and was not used here lately; try again later", (error as RagException)?.RetryAfter ?? TimeSpan.FromSeconds(1), error);
        }

        if (caller is null)
            _known.TryRemove(hash, out _);
        else
        {
            if (known is null && _known.Count >= options.KnownKeys)
                MakeRoom();
            _known[hash] = new Known(caller, time.GetTimestamp());
        }

        return (caller, false);
    }

    // The older half goes: rare, and one look at each.
    private void MakeRoom()
    {
        var times = _known.Values.Select(k => k.At).Order().ToArray();
        if (times.Length == 0)
            return;
        var middle = times[times.Length / 2];
        foreach (var (hash, known) in _known)
            if (known.At <= middle)
                _known.TryRemove(hash, out _);
    }

    private void Warn(string reason)
    {
        if (_warning.IsDue(out var times))
            IdentityFailed(reason, times);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Identity can't be asked ({Reason}; {Times} times); keys seen lately still work")]
    private partial void IdentityFailed(string reason, long times);

    private sealed record Known(Caller Caller, long At);
}
